using FewShot.Cli.Settings;
using FewShot.Data;
using FewShot.Tasks;

namespace FewShot.Cli;

/// <summary>
/// The data that a command has opened: methods that are compared on the same data read them once, whatever the size of their tasks.
/// </summary>
internal sealed class OpenedData
{
    private readonly Dictionary<string, Func<TaskOptions, ITaskSource>> _opened = [];

    /// <summary>The tasks of a selection.</summary>
    /// <param name="selection">The selection.</param>
    /// <param name="only">The only split that tasks are drawn from; null for all.</param>
    /// <exception cref="DataException">The data are missing or damaged, or they are too few for the tasks.</exception>
    public ITaskSource Tasks(DataSelection selection, Split? only = null)
    {
        // Within one command the training classes cannot change, so they tell no data apart. As text, because a list of columns is equal by
        // what it holds.
        string data = (selection with { Ways = 0, Shots = 0, Queries = 0, TrainingClasses = null }).ToJson().ToJsonString();
        if (!_opened.TryGetValue(data, out Func<TaskOptions, ITaskSource>? tasks))
        {
            tasks = TaskSources.Read(selection.Source, selection.Root, selection.Settings);
            _opened.Add(data, tasks);
        }

        return tasks(selection.Tasks with { Only = only });
    }
}
