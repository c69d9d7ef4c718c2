Console.Error.WriteLine("fewshot: nothing to run yet");
return 1;
