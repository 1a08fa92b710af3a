using System.CommandLine;
using System.Net;

namespace Quiver.Tool.Commands;

/// <summary>The option that says where a server listens: <c>[::]:4433</c>, <c>127.0.0.1:0</c>.</summary>
internal static class ListenOption
{
    public static Option<IPEndPoint> Create(string defaultValue) => new("--listen")
    {
        Description = "Address and port to listen on; [::] takes IPv4 too, port 0 any free one.",
        HelpName = "ADDRESS:PORT",
        DefaultValueFactory = _ => IPEndPoint.Parse(defaultValue),
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (IPEndPoint.TryParse(text, out IPEndPoint? endPoint))
            {
                return endPoint;
            }

            result.AddError($"'{text}' is not an address and port such as [::]:4433 or 127.0.0.1:4433.");
            return null;
        },
    };
}
