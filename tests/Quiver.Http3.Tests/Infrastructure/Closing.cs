namespace Quiver.Http3.Tests.Infrastructure;

/// <summary>Expects the peer to close a connection.</summary>
internal static class Closing
{
    public static async Task ExpectAsync(QuicConnection connection, Http3ErrorCode code)
    {
        // A stream that is lost would be stopped by its finalizer, and that is an error of its own.
        List<QuicStream> kept = [];
        QuicException thrown = await Assert.ThrowsAsync<QuicException>(async () =>
        {
            while (true)
            {
                kept.Add(await connection.AcceptInboundStreamAsync().Soon());
            }
        });
        Assert.Equal(QuicError.ConnectionAborted, thrown.QuicError);
        Assert.Equal(code, (Http3ErrorCode)thrown.ApplicationErrorCode!);
        GC.KeepAlive(kept);
    }
}
