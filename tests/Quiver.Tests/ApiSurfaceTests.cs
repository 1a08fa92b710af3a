using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Versioning;

namespace Quiver.Tests;

/// <summary>Every public type and member of System.Net.Quic is here too, with the same names, types, parameters, defaults and attributes.</summary>
public sealed class ApiSurfaceTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static TheoryData<string> TypeNames() =>
        [.. typeof(System.Net.Quic.QuicConnection).Assembly.GetExportedTypes().Select(type => type.Name)];

    [Fact]
    public void There_are_thirteen_types_to_match() => Assert.Equal(13, TypeNames().Count);

    [Theory]
    [MemberData(nameof(TypeNames))]
    public void The_type_has_the_same_shape(string name)
    {
        Type theirs = Theirs(name);
        Type ours = Ours(name);
        Assert.Equal(theirs.IsSealed, ours.IsSealed);
        Assert.Equal(theirs.IsAbstract, ours.IsAbstract);
        Assert.Equal(theirs.IsValueType, ours.IsValueType);
        Assert.Equal(theirs.IsEnum, ours.IsEnum);
        Assert.Equal(Describe(theirs.BaseType), Describe(ours.BaseType));
        Assert.Equal(theirs.IsDefined(typeof(FlagsAttribute)), ours.IsDefined(typeof(FlagsAttribute)));
        Assert.Equal(theirs.IsDefined(typeof(IsReadOnlyAttribute)), ours.IsDefined(typeof(IsReadOnlyAttribute)));
        Assert.Superset(Interfaces(theirs), Interfaces(ours));
    }

    [Theory]
    [MemberData(nameof(TypeNames))]
    public void The_type_has_the_same_members(string name) => Assert.Superset(Members(Theirs(name)), Members(Ours(name)));

    [Fact]
    public void No_platform_is_left_out()
    {
        IEnumerable<MemberInfo> members = typeof(QuicConnection).Assembly.GetExportedTypes()
            .SelectMany(type => type.GetMembers(Declared).Append(type));
        Assert.DoesNotContain(members, member => member.IsDefined(typeof(SupportedOSPlatformAttribute)));
    }

    [Fact]
    public void Quic_is_always_supported()
    {
        Assert.True(QuicConnection.IsSupported);
        Assert.True(QuicListener.IsSupported);
    }

    private static Type Theirs(string name) => typeof(System.Net.Quic.QuicConnection).Assembly.GetType("System.Net.Quic." + name, throwOnError: true)!;

    private static Type Ours(string name) => typeof(QuicConnection).Assembly.GetType("Quiver." + name, throwOnError: true)!;

    private static HashSet<string> Interfaces(Type type) => [.. type.GetInterfaces().Select(Describe)];

    private static HashSet<string> Members(Type type)
    {
        HashSet<string> members = [];
        foreach (MemberInfo member in type.GetMembers(Declared))
        {
            string? line = member switch
            {
                FieldInfo { IsPublic: true, IsStatic: true } field => $"field {field.Name} = {Convert.ToInt64(field.GetRawConstantValue())}",
                MethodBase { IsPublic: true } or MethodBase { IsFamily: true } => Describe((MethodBase)member),
                PropertyInfo property when property.GetAccessors().Length > 0 =>
                    $"property {Describe(property.PropertyType)} {property.Name} cls:{property.GetCustomAttribute<CLSCompliantAttribute>()?.IsCompliant}",
                _ => null,
            };
            if (line is not null)
            {
                members.Add(line);
            }
        }

        return members;
    }

    private static string Describe(MethodBase method)
    {
        IEnumerable<string> parameters = method.GetParameters().Select(parameter =>
            $"{Describe(parameter.ParameterType)} {parameter.Name}{(parameter.HasDefaultValue ? " = default" : "")}{Nullability(parameter)}");
        string result = method is MethodInfo { ReturnParameter: { } value } ? Describe(value.ParameterType) + InitOnly(value) + Nullability(value) : "";
        string kind = (method.IsStatic ? "static " : "") + (method.IsFamily ? "protected " : "") + (method.IsVirtual && !method.IsFinal ? "virtual " : "");
        return $"{kind}{result} {method.Name}({string.Join(", ", parameters)})";
    }

    private static string InitOnly(ParameterInfo value) =>
        value.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? " init" : "";

    private static string Nullability(ParameterInfo parameter)
    {
        NullabilityInfo info = new NullabilityInfoContext().Create(parameter);
        return info.ReadState == NullabilityState.Nullable ? "?" : "";
    }

    /// <summary>A type's name without our and their namespace.</summary>
    private static string Describe(Type? type)
    {
        if (type is null)
        {
            return "";
        }

        string name = type.IsGenericType
            ? $"{type.Namespace}.{type.Name}<{string.Join(", ", type.GetGenericArguments().Select(Describe))}>"
            : type.ToString();
        return name.Replace("System.Net.Quic.", "").Replace("Quiver.", "");
    }
}
