using System.Text;

namespace Quiver.AspNetCore.Tests.Infrastructure;

/// <summary>An answer as it came.</summary>
internal sealed record WebResponse(int Status, (string Name, string Value)[] Fields, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public string? this[string name] => Fields.FirstOrDefault(field => field.Name == name).Value;
}
