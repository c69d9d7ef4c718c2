using FewShot.Cli.Settings;
using FewShot.Data.Sources;
using FewShot.Tasks;

namespace FewShot.Cli;

/// <summary>
/// The data that a command has opened: methods that are compared on the same data read them once, whatever the size of their tasks.
/// </summary>
internal sealed class OpenedData
{
    private readonly Dictionary<string, SourceData> _opened = [];

    /// <summary>The data of a selection.</summary>
    /// <param name="selection">The source and how it is opened.</param>
    /// <exception cref="DataException">The data are missing or damaged.</exception>
    public SourceData Read(DataSelection selection)
    {
        // Within one command the training classes cannot change, so they tell no data apart. As text, because a list of columns is equal by
        // what it holds.
        string key = (selection with { Ways = 0, Shots = 0, Queries = 0, TrainingClasses = null }).ToJson().ToJsonString();
        if (!_opened.TryGetValue(key, out SourceData? data))
        {
            data = selection.Read();
            _opened.Add(key, data);
        }

        return data;
    }
}
