using System.Runtime.CompilerServices;
using FewShot.Data;

namespace FewShot.Tests;

/// <summary>What a program that reads learners with their preparations does when it starts.</summary>
internal static class RegisteredParts
{
    [ModuleInitializer]
    internal static void Register() => DataParts.Register();
}
