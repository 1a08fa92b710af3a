using Xunit.v3;

namespace Quiver.Testing;

/// <summary>Names the RFC section that a test proves; <c>docs/compliance.md</c> is printed from these.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, AllowMultiple = true)]
internal sealed class RfcAttribute(int number, string section) : Attribute, ITraitAttribute
{
    public int Number { get; } = number;

    public string Section { get; } = section;

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new($"RFC{Number}", Section)];
}
