using System.Numerics.Tensors;
using FewShot.Compute.Execution;
using FewShot.Methods.MetaGradients;
using FewShot.Models;
using FewShot.Tasks;

namespace FewShot.Running;

/// <summary>
/// The loss, accuracy and meta-gradient of a batch of tasks: each task runs the same program on some worker, and the results are reduced in
/// task order, so they are the same bits for any number of workers. Allocates nothing after its creation. Used by one thread at a time.
/// </summary>
internal sealed class MetaStep : IDisposable
{
    private readonly ParameterSet _parameters;
    private readonly TaskThreads _team;
    private readonly IWorker<float>[] _workers;
    private readonly Episode[] _episodes;
    private readonly (int Output, int Start, int Count)[] _gradientPlaces;
    private readonly (int Output, string Name)[] _observedPlaces;
    private readonly float[][] _observed;
    private readonly GradientSum _sum;
    private readonly WarmStarts? _memory;
    private readonly int? _tasks;
    private readonly int _supportInputs;
    private readonly int _stepWeights;
    private readonly int _loss;
    private readonly int _predictions;
    private readonly (int NegativeCurvature, int StoodStill)? _solver;
    private readonly bool[] _negativeCurvature;
    private readonly bool[] _stoodStill;
    private readonly Action<int, int> _body;
    private readonly bool[] _stale;
    private ITaskSource? _source;
    private ulong _seed;
    private long _firstIndex;

    /// <summary>Prepares the workers for a program.</summary>
    /// <param name="graphs">Traces the programs of the learner.</param>
    /// <param name="shape">The sizes of the tasks.</param>
    /// <param name="program">What <see cref="TaskPrograms.Training"/> traces for such tasks, compiled.</param>
    /// <param name="parameters">The values of all meta-parameters.</param>
    /// <param name="metaBatch">How many tasks a batch has.</param>
    /// <param name="workers">How many threads work on a batch.</param>
    /// <param name="tasks">The size of a fixed set of tasks; null for new ones in every batch.</param>
    public MetaStep(
        TaskPrograms graphs,
        TaskShape shape,
        SimdProgram program,
        ParameterSet parameters,
        int metaBatch,
        int workers,
        int? tasks = null
    )
    {
        if (graphs.Method.MetaGradient.KeepsTaskState && tasks is null)
        {
            throw new ArgumentException(
                $"method {graphs.Method.Name} starts warm from what it keeps of each task, but new tasks come in every iteration; "
                    + "train on a fixed set that recurs, by TrainingOptions.Tasks, or without MethodOptions.WarmStart"
            );
        }

        if (tasks < metaBatch)
        {
            throw new ArgumentException(
                $"a batch of {metaBatch} tasks cannot come from a fixed set of {tasks}; lower TrainingOptions.MetaBatch or raise "
                    + "TrainingOptions.Tasks"
            );
        }

        _tasks = tasks;
        _parameters = parameters;
        Program = program;
        WorkerMemory.Require(program, workers);
        _team = new TaskThreads(workers);
        _workers = [.. Enumerable.Range(0, workers).Select(_ => Program.CreateWorker())];
        _episodes = [.. Enumerable.Range(0, workers).Select(_ => new Episode(shape))];
        _stale = new bool[workers];
        _supportInputs = Program.InputIndex(TaskPrograms.SupportInputs);
        _stepWeights = Program.InputNames.Contains(Unrolled.StepWeights) ? Program.InputIndex(Unrolled.StepWeights) : -1;
        _loss = Program.OutputIndex(TaskPrograms.Loss);
        _predictions = Program.OutputIndex(TaskPrograms.Predictions);
        _solver = Program.OutputNames.Contains(TaskPrograms.NegativeCurvature)
            ? (Program.OutputIndex(TaskPrograms.NegativeCurvature), Program.OutputIndex(TaskPrograms.StoodStill))
            : null;
        _negativeCurvature = new bool[metaBatch];
        _stoodStill = new bool[metaBatch];
        int start = 0;
        var places = new List<(int, int, int)>();
        foreach (ParameterSpecification parameter in parameters.Specifications)
        {
            if (parameter.Trained)
            {
                places.Add((Program.OutputIndex(TaskPrograms.Gradient + parameter.Name), start, parameter.Shape.Count));
            }

            start += parameter.Shape.Count;
        }

        _gradientPlaces = [.. places];
        _observedPlaces =
        [
            .. Program
                .OutputNames.Select((name, index) => (index, name))
                .Where(pair => pair.name.StartsWith(TaskPrograms.Observed, StringComparison.Ordinal))
                .Select(pair => (pair.index, pair.name[TaskPrograms.Observed.Length..])),
        ];
        _observed = [.. _observedPlaces.Select(place => new float[metaBatch * parameters[place.Name].Length])];
        Losses = new float[metaBatch];
        Accuracies = new float[metaBatch];
        Weights = new float[metaBatch];
        Gradient = new float[parameters.Values.Length];
        _sum = new GradientSum(graphs.Method.Weighting, Gradient, Weights, workers);
        _memory = graphs.Method.MetaGradient.KeepsTaskState
            ? new WarmStarts(Program, graphs.Method.MetaGradient, parameters, tasks!.Value)
            : null;
        StepWeights = _stepWeights < 0 ? [] : new float[graphs.Method.Adaptation.Steps];
        _body = (worker, task) =>
        {
            try
            {
                RunTask(worker, task);
            }
            catch
            {
                _sum.Break();
                throw;
            }
        };
    }

    /// <summary>The program that each task runs.</summary>
    public SimdProgram Program { get; }

    /// <summary>The query loss of each task.</summary>
    public float[] Losses { get; }

    /// <summary>The query accuracy of each task, for classification.</summary>
    public float[] Accuracies { get; }

    /// <summary>The weight that each task had.</summary>
    public float[] Weights { get; }

    /// <summary>The weighted sum Σ w·g over the tasks, over all meta-parameters; zero where a parameter is not trained.</summary>
    public float[] Gradient { get; }

    /// <summary>The weights of the multi-step loss, one a step, where the method has one.</summary>
    public float[] StepWeights { get; }

    /// <summary>What the linear systems of the batch met; null where the method has none to solve.</summary>
    public SolverIncidents? Solver =>
        _solver is null ? null : new SolverIncidents(Losses.Length, True(_negativeCurvature), True(_stoodStill));

    /// <summary>Seconds that all workers together have spent on tasks.</summary>
    public double BusySeconds => _team.BusySeconds;

    /// <summary>What is kept of recurring tasks, by name.</summary>
    public IReadOnlyList<(string Name, float[] Values)> TaskState => _memory?.State ?? [];

    /// <summary>Runs tasks <paramref name="firstIndex"/>.. of the training split, beginning again where a fixed set ends.</summary>
    public void Run(ITaskSource source, ulong seed, long firstIndex)
    {
        _source = source;
        _seed = seed;
        _firstIndex = firstIndex;
        _stale.AsSpan().Fill(true);
        _sum.Begin();
        _team.Run(Losses.Length, _body);
        _sum.End(Losses);
    }

    /// <summary>Moves the running statistics towards the mean of those the tasks observed.</summary>
    public void UpdateRunningStatistics(float momentum)
    {
        for (int i = 0; i < _observedPlaces.Length; i++)
        {
            Span<float> running = _parameters[_observedPlaces[i].Name];
            TensorPrimitives.Multiply(running, 1 - momentum, running);
            for (int task = 0; task < Losses.Length; task++)
            {
                TensorPrimitives.MultiplyAdd(
                    _observed[i].AsSpan(task * running.Length, running.Length),
                    momentum / Losses.Length,
                    running,
                    running
                );
            }
        }
    }

    public void Dispose()
    {
        _team.Dispose();
        foreach (IWorker<float> worker in _workers)
        {
            worker.Dispose();
        }
    }

    private static int True(bool[] flags) => flags.AsSpan().Count(true);

    private void RunTask(int workerIndex, int task)
    {
        IWorker<float> worker = _workers[workerIndex];
        Episode episode = _episodes[workerIndex];
        long index = _tasks is { } fixedTasks ? (_firstIndex + task) % fixedTasks : _firstIndex + task;
        _source!.Sample(Split.Train, _seed, index, episode);
        if (_stale[workerIndex])
        {
            _stale[workerIndex] = false;
            WorkerInputs.Load(worker, _parameters.Values, _supportInputs);
            if (_stepWeights >= 0)
            {
                StepWeights.CopyTo(worker.Input(_stepWeights));
            }
        }

        WorkerInputs.LoadEpisode(worker, _supportInputs, episode, isMeasured: true);
        _memory?.Recall(worker, (int)index);
        worker.Run();
        _memory?.Keep(worker, (int)index);
        Losses[task] = worker.Output(_loss)[0];
        Accuracies[task] =
            episode.Shape.Kind == TaskKind.Classification
                ? (float)Accuracy.Of(worker.Output(_predictions), episode.QueryLabels, episode.Shape.Outputs)
                : 0;
        if (_solver is { } solver)
        {
            _negativeCurvature[task] = worker.Output(solver.NegativeCurvature)[0] != 0;
            _stoodStill[task] = worker.Output(solver.StoodStill)[0] != 0;
        }

        Span<float> gradient = _sum.Place(task);
        foreach ((int output, int start, int count) in _gradientPlaces)
        {
            worker.Output(output).CopyTo(gradient.Slice(start, count));
        }

        _sum.Filled(task);

        for (int i = 0; i < _observedPlaces.Length; i++)
        {
            ReadOnlySpan<float> seen = worker.Output(_observedPlaces[i].Output);
            seen.CopyTo(_observed[i].AsSpan(task * seen.Length));
        }
    }
}
