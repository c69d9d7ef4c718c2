using System.Reflection;
using System.Runtime.CompilerServices;

namespace FewShot.PublicSurface.Tests;

/// <summary>All that a library shows to others, one line a type or member, in an order that does not depend on the source.</summary>
internal static class Surface
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext s_nullability = new();

    private static readonly Dictionary<Type, string> s_keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(char)] = "char",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(uint)] = "uint",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
    };

    public static IReadOnlyList<string> Of(Assembly library) =>
        [
            .. library
                .GetExportedTypes()
                .OrderBy(type => type.FullName, StringComparer.Ordinal)
                .SelectMany(type =>
                    Members(type).Order(StringComparer.Ordinal).Select(member => "    " + member).Prepend($"{type.Namespace}: {Head(type)}")
                ),
        ];

    private static string Head(Type type)
    {
        string kind =
            type.IsEnum ? "enum"
            : type.IsInterface ? "interface"
            : type.IsValueType ? "struct"
            : type.IsAbstract && type.IsSealed ? "static class"
            : (
                type.IsAbstract ? "abstract "
                : type.IsSealed ? "sealed "
                : ""
            ) + (type.GetMethod("<Clone>$") is null ? "class" : "record");
        IEnumerable<Type> bases = type.GetInterfaces()
            .Where(other => other.IsPublic && !(other.IsGenericType && other.GetGenericTypeDefinition() == typeof(IEquatable<>)))
            .Except(type.BaseType?.GetInterfaces() ?? []);
        bases = type.BaseType is { } parent && !type.IsValueType && parent != typeof(object) ? bases.Prepend(parent) : bases;
        string list = type.IsEnum ? "" : string.Join(", ", bases.Select(Name).Order(StringComparer.Ordinal));
        return $"{kind} {Name(type)}{(list.Length > 0 ? " : " + list : "")}";
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
        {
            return Enum.GetNames(type).Select(name => $"{name} = {Convert.ToInt64(Enum.Parse(type, name), null)}");
        }

        return type.GetMembers(Declared)
            .Where(member => !member.IsDefined(typeof(CompilerGeneratedAttribute)))
            .Select(Line)
            .OfType<string>();
    }

    private static string? Line(MemberInfo member) =>
        member switch
        {
            ConstructorInfo constructor when IsShown(constructor) => $"new({Parameters(constructor)})",
            FieldInfo field when field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly => (
                field.IsLiteral ? "const "
                : field.IsStatic ? "static "
                : ""
            ) + $"{Annotated(field.FieldType, s_nullability.Create(field).ReadState)} {field.Name}",
            PropertyInfo property when property.GetAccessors(nonPublic: true).Any(IsShown) => Property(property),
            MethodInfo method when IsShown(method) && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)) =>
                $"{Modifiers(method)}{Annotated(method.ReturnType, s_nullability.Create(method.ReturnParameter).ReadState)} {method.Name}"
                    + (method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "")
                    + $"({Parameters(method)})",
            EventInfo { AddMethod: { } add } happening when IsShown(add) =>
                $"{Modifiers(add)}event {Name(happening.EventHandlerType!)} {happening.Name}",
            _ => null,
        };

    private static string Property(PropertyInfo property)
    {
        MethodInfo accessor = property.GetAccessors(nonPublic: true).First(IsShown);
        bool isInit = property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ?? false;
        string get = property.GetMethod is { } getter && IsShown(getter) ? "get; " : "";
        string set =
            property.SetMethod is { } setter && IsShown(setter)
                ? isInit
                    ? "init; "
                    : "set; "
                : "";
        string name = property.GetIndexParameters() is { Length: > 0 } indices
            ? $"this[{string.Join(", ", indices.Select(Parameter))}]"
            : property.Name;
        string required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        return $"{required}{Modifiers(accessor)}{Annotated(property.PropertyType, s_nullability.Create(property).ReadState)} {name} {{ "
            + $"{get}{set}}}";
    }

    private static bool IsShown(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Modifiers(MethodInfo method) =>
        (method.IsPublic ? "" : "protected ")
        + (method.IsStatic ? "static " : "")
        + (
            method.DeclaringType!.IsInterface ? ""
            : method.IsAbstract ? "abstract "
            : method.GetBaseDefinition() != method ? "override "
            : method.IsVirtual && !method.IsFinal ? "virtual "
            : ""
        );

    private static string Parameters(MethodBase method) =>
        (method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "") + string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        string how =
            parameter.IsDefined(typeof(ParamArrayAttribute)) || parameter.IsDefined(typeof(ParamCollectionAttribute)) ? "params "
            : parameter.IsOut ? "out "
            : parameter.ParameterType.IsByRef ? "ref "
            : "";
        string given = !parameter.HasDefaultValue
            ? ""
            : " = "
                + (
                    parameter.DefaultValue is string text
                        ? $"\"{text}\""
                        : FormattableString.Invariant($"{parameter.DefaultValue ?? "default"}")
                );
        return $"{how}{Annotated(parameter.ParameterType, s_nullability.Create(parameter).ReadState)} {parameter.Name}{given}";
    }

    private static string Annotated(Type type, NullabilityState state) =>
        Name(type)
        + (state == NullabilityState.Nullable && Nullable.GetUnderlyingType(type) is null && !type.IsGenericParameter ? "?" : "");

    private static string Name(Type type)
    {
        if (s_keywords.TryGetValue(type, out string? keyword))
        {
            return keyword;
        }

        if (type.HasElementType)
        {
            return Name(type.GetElementType()!)
                + (
                    type.IsArray ? $"[{new string(',', type.GetArrayRank() - 1)}]"
                    : type.IsPointer ? "*"
                    : ""
                );
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Name(underlying) + "?";
        }

        string outer = type.IsNested && !type.IsGenericParameter ? Name(type.DeclaringType!) + "." : "";
        string plain = type.Name.Split('`')[0];
        return outer
            + (
                type.IsGenericType && type.Name.Contains('`')
                    ? $"{plain}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
                    : plain
            );
    }
}
