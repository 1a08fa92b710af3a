using System.CommandLine;
using Quiver.Tool.Output;

namespace Quiver.Tool.Commands;

/// <summary>An option whose value is a number of bytes: <c>1000</c>, <c>64KiB</c>, <c>256MiB</c>, <c>1GiB</c>.</summary>
internal static class SizeOption
{
    public static Option<ByteCount> Create(string name, string description, long defaultValue) => new(name)
    {
        Description = description,
        HelpName = "SIZE",
        DefaultValueFactory = _ => new ByteCount(defaultValue),
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (!ByteSize.TryParse(text, out long size) || size == 0)
            {
                result.AddError($"'{text}' is not a size: give a number of bytes, or one with KiB, MiB or GiB.");
            }

            return new ByteCount(size);
        },
    };
}
