namespace Quiver.AspNetCore.Connections;

/// <summary>Names of connections for logs, unlikely to be seen twice, also across starts of the process.</summary>
internal static class ConnectionIds
{
    private const int Length = 13;
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUV";

    private static long s_last = DateTime.UtcNow.Ticks;

    public static string Next() => string.Create(Length, Interlocked.Increment(ref s_last), static (text, id) =>
    {
        for (int i = text.Length - 1; i >= 0; i--)
        {
            text[i] = Digits[(int)(id & 31)];
            id >>= 5;
        }
    });
}
