using System.Reflection;

namespace Quiver.Architecture.Tests;

/// <summary>Which types a type mentions in its fields, signatures, bases and the local variables of its methods.</summary>
internal static class TypeUse
{
    private const BindingFlags All =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>Each mentioned type with the member that mentions it; arrays, references and generic arguments taken apart.</summary>
    public static IEnumerable<(Type Used, string By)> Of(Type type)
    {
        foreach ((Type mentioned, string by) in Mentions(type))
        {
            foreach (Type part in TakeApart(mentioned))
            {
                yield return (part, $"{type.FullName}.{by}");
            }
        }
    }

    private static IEnumerable<(Type Type, string By)> Mentions(Type type)
    {
        if (type.BaseType is { } parent)
        {
            yield return (parent, "base");
        }

        foreach (Type implemented in type.GetInterfaces())
        {
            yield return (implemented, "interface");
        }

        foreach (FieldInfo field in type.GetFields(All))
        {
            yield return (field.FieldType, field.Name);
        }

        foreach (MethodBase method in type.GetMethods(All).Concat<MethodBase>(type.GetConstructors(All)))
        {
            if (method is MethodInfo { ReturnType: var returned })
            {
                yield return (returned, method.Name);
            }

            foreach (ParameterInfo parameter in method.GetParameters())
            {
                yield return (parameter.ParameterType, method.Name);
            }

            foreach (LocalVariableInfo local in method.GetMethodBody()?.LocalVariables ?? [])
            {
                yield return (local.LocalType, method.Name);
            }
        }
    }

    private static IEnumerable<Type> TakeApart(Type type)
    {
        if (type.HasElementType)
        {
            return TakeApart(type.GetElementType()!); // It has one.
        }

        return type.IsConstructedGenericType
            ? type.GetGenericArguments().SelectMany(TakeApart).Prepend(type.GetGenericTypeDefinition())
            : [type];
    }
}
