namespace FewShot.Compute.Planning;

/// <summary>
/// What a fused loop runs over: <c>Count</c> elements, seen as rows of <c>Columns</c> (0 while nothing asks for a number of columns), or as
/// a map cut into pooling windows.
/// </summary>
/// <param name="Count">The elements of its full-size values.</param>
/// <param name="Columns">The length of a row; 0 where any will do.</param>
/// <param name="HasRowValues">Whether some value is one number a row, which windows have no room for.</param>
/// <param name="Map">The map and its windows, where values are pooled.</param>
internal readonly record struct LoopForm(int Count, int Columns, bool HasRowValues, WindowedMap? Map)
{
    public static LoopForm Free(int count) => new(count, 0, false, null);

    /// <summary>The form that serves both, or null.</summary>
    public LoopForm? Join(LoopForm other)
    {
        if (
            Count != other.Count
            || (Columns != 0 && other.Columns != 0 && Columns != other.Columns)
            || (Map is { } a && other.Map is { } b && a != b)
        )
        {
            return null;
        }

        var joined = new LoopForm(Count, Math.Max(Columns, other.Columns), HasRowValues || other.HasRowValues, Map ?? other.Map);
        return joined.Map is { } map && (joined.HasRowValues || (joined.Columns != 0 && joined.Columns != map.Channels)) ? null : joined;
    }
}

/// <summary>Images [Images, Height, Width, Channels] cut into Window×Window windows.</summary>
internal readonly record struct WindowedMap(int Images, int Height, int Width, int Channels, int Window)
{
    public int PooledCount => Images * (Height / Window) * (Width / Window) * Channels;
}
