using System.Runtime.InteropServices;
using System.Text;
using FewShot.Cli;
using FewShot.Cli.Printing;

// The first Ctrl-C (or SIGTERM) asks the command to finish what it is at; the second ends the process.
using var stop = new CancellationTokenSource();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
if (OperatingSystem.IsWindows())
{
    Console.OutputEncoding = Encoding.UTF8;
}

return CommandLine.Run(args, new Output(Console.Out, Console.Error), stop.Token);

void Stop(PosixSignalContext context)
{
    context.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
}
