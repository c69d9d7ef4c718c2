namespace FewShot.Compute.Execution.Loops;

/// <summary>
/// How a pass walks a map in chunks of rows, block of columns by block of columns, so that column operands and accumulators stay in
/// registers while cache lines are used whole. A map without windows is seen as windows of one position.
/// </summary>
internal sealed record BlockedLoopPlan(
    int Images,
    int WindowRows,
    int Windows,
    int RightPositions,
    int BottomPositions,
    int RowsPerChunk,
    int Window,
    int Width
)
{
    /// <summary>Terms a float accumulator takes before it is added to its double.</summary>
    private const int ChunkPositions = 32;
    private const int SinglePassPositions = 64;

    /// <summary>Each column is met exactly once, so that nothing need be kept between chunks.</summary>
    internal bool SingleVisit => Images == 1 && Chunks == 1 && BottomPositions == 0;

    internal int Chunks => WindowRows / RowsPerChunk;

    /// <summary>Iterations that a stretch can be made of.</summary>
    internal int Iterations => Images > 1 ? Images : Chunks;

    internal static BlockedLoopPlan For(LoopProgram program)
    {
        LoopDomain domain = program.Domain;
        int window = domain.Window;
        if (window == 1)
        {
            int rows = checked((int)domain.Rows);
            int width = rows <= SinglePassPositions ? rows : ChunkPositions;
            return new BlockedLoopPlan(1, rows / width, width, 0, rows % width, 1, 1, width);
        }

        int images = domain.Images;
        int windowRows = domain.Height / window;
        if (domain.Height % window == 0)
        {
            windowRows = checked(windowRows * images);
            images = 1;
        }

        int positions = window * domain.Width;
        int rowsPerChunk = Math.Max(1, Math.Min(windowRows, SinglePassPositions / positions));
        while (rowsPerChunk > 1 && windowRows % rowsPerChunk != 0)
        {
            rowsPerChunk--;
        }

        return new BlockedLoopPlan(
            images,
            windowRows,
            domain.Width / window,
            domain.Width % window,
            domain.Height % window * domain.Width,
            rowsPerChunk,
            window,
            domain.Width
        );
    }
}
