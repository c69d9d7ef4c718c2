using FewShot.Compute.Graphs;

namespace FewShot.Compute.Planning;

/// <summary>Where some marked axes of a shape lie (axes of extent 1 do not count).</summary>
internal enum AxisPattern
{
    None,
    All,
    Leading,
    Trailing,
    Mixed,
}

internal static class AxisPatterns
{
    /// <summary>
    /// The pattern, and the number of columns when the tensor is seen as a matrix split between the marked and the other axes
    /// (0 where there is no such split).
    /// </summary>
    public static (AxisPattern Pattern, int Columns) Of(Shape shape, Func<int, bool> marked)
    {
        int changes = 0;
        bool? first = null;
        bool last = false;
        int columns = 1;
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            if (shape[axis] == 1)
            {
                continue;
            }

            bool mark = marked(axis);
            if (first is null)
            {
                first = mark;
            }
            else if (mark != last)
            {
                changes++;
                columns = 1;
            }

            last = mark;
            columns *= shape[axis];
        }

        return (first, changes) switch
        {
            (null, _) or (false, 0) => (AxisPattern.None, 0),
            (true, 0) => (AxisPattern.All, 0),
            (true, 1) => (AxisPattern.Leading, columns),
            (false, 1) => (AxisPattern.Trailing, columns),
            _ => (AxisPattern.Mixed, 0),
        };
    }
}
