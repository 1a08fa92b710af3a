namespace Quiver.Tests.Infrastructure;

/// <summary>Assertions on QuicException.</summary>
internal static class AssertQuic
{
    public static async Task ErrorAsync(QuicError error, long? applicationCode, Func<Task> call)
    {
        QuicException e = await Assert.ThrowsAsync<QuicException>(() => call().Soon());
        Assert.Equal(error, e.QuicError);
        Assert.Equal(applicationCode, e.ApplicationErrorCode);
        Assert.Null(e.TransportErrorCode);
    }
}
