using FewShot.KernelBench;

// Usage: FewShot.KernelBench [convolution|matrix] [part of a shape's name]
string what = args.Length > 0 ? args[0] : "convolution";
string filter = args.Length > 1 ? args[1] : "";
switch (what)
{
    case "convolution":
        ConvolutionBench.Run(filter);
        break;
    case "matrix":
        MatrixBench.Run(filter);
        break;
    default:
        Console.Error.WriteLine($"Unknown benchmark '{what}'; use convolution or matrix.");
        return 1;
}

return 0;
