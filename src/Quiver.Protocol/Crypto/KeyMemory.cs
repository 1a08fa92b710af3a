using System.Security.Cryptography;

namespace Quiver.Protocol.Crypto;

/// <summary>
/// Pinned arrays for keys, zeroed when they come back and used again. Pinned, so that the collector leaves no copies of a key behind;
/// used again, because pinned arrays count as old ones: made anew for each handshake they would make every collection a full one.
/// Thread-safe.
/// </summary>
internal static class KeyMemory
{
    /// <summary>Arrays kept for each size: the keys of some hundred handshakes at a time.</summary>
    public const int MaxKept = 2048;

    private static readonly Lock s_lock = new();
    private static readonly Dictionary<int, Stack<byte[]>> s_free = [];

    /// <summary>Gives an array of exactly this length, all zero.</summary>
    public static byte[] Rent(int length)
    {
        lock (s_lock)
        {
            if (s_free.TryGetValue(length, out Stack<byte[]>? free) && free.TryPop(out byte[]? memory))
            {
                return memory;
            }
        }

        return GC.AllocateArray<byte>(length, pinned: true);
    }

    /// <summary>Zeroes the array and keeps it. The caller hands it over: null is nothing, so that a second call does no harm.</summary>
    public static void Return(ref byte[]? memory)
    {
        if (Interlocked.Exchange(ref memory, null) is not byte[] returned)
        {
            return;
        }

        CryptographicOperations.ZeroMemory(returned);
        lock (s_lock)
        {
            if (!s_free.TryGetValue(returned.Length, out Stack<byte[]>? free))
            {
                s_free.Add(returned.Length, free = new Stack<byte[]>());
            }

            if (free.Count < MaxKept)
            {
                free.Push(returned);
            }
        }
    }
}
