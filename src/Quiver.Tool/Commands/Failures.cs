using System.Net.Sockets;
using System.Security.Authentication;

namespace Quiver.Tool.Commands;

/// <summary>Turns what the library throws into a message with the other end's name in it and a hint at what to do.</summary>
internal static class Failures
{
    public static async Task ExplainAsync(string peer, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (e is QuicException or AuthenticationException or SocketException)
        {
            throw new ToolException(Describe(e, peer), e);
        }
    }

    public static string Describe(Exception exception, string peer) => exception switch
    {
        AuthenticationException => $"TLS with {peer} failed: {exception.Message}",
        SocketException => $"{peer} cannot be reached: {exception.Message}.",
        QuicException e => $"{peer}: {e.Message}{Advice(e)}",
        _ => $"{peer}: {exception.Message}",
    };

    private static string Advice(QuicException exception) => exception.QuicError switch
    {
        QuicError.ConnectionRefused => " The server is there but takes no connection now: try again later.",
        QuicError.ConnectionIdle => " The connection fell silent: the server may have gone, or the network.",
        QuicError.VersionNegotiationError => " The server speaks none of the QUIC versions that this tool speaks.",
        _ => string.Empty,
    };
}
