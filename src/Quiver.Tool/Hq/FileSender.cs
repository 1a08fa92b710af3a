using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Quiver.Tool.Hq;

/// <summary>Sends a file on a stream: while one block goes out, the next is read.</summary>
internal static class FileSender
{
    private const int BlockLength = 512 << 10;

    public static async Task SendAsync(SafeFileHandle file, QuicStream stream, CancellationToken cancellationToken)
    {
        long length = RandomAccess.GetLength(file);
        if (length == 0)
        {
            stream.CompleteWrites();
            return;
        }

        int blockLength = (int)Math.Min(length, BlockLength);
        byte[] current = ArrayPool<byte>.Shared.Rent(blockLength);
        byte[] next = length > blockLength ? ArrayPool<byte>.Shared.Rent(blockLength) : [];
        try
        {
            int count = await RandomAccess.ReadAsync(file, current.AsMemory(0, blockLength), 0, cancellationToken);
            for (long offset = count; count > 0;)
            {
                bool isLast = offset >= length;
                ValueTask<int> read = isLast ? default : RandomAccess.ReadAsync(file, next.AsMemory(0, blockLength), offset, cancellationToken);
                try
                {
                    await stream.WriteAsync(current.AsMemory(0, count), isLast, cancellationToken);
                }
                finally
                {
                    // The buffer is not given back while something still reads into it.
                    count = await read;
                }

                offset += count;
                (current, next) = (next, current);
            }

            // Shorter than it was when it was opened: end all the same.
            stream.CompleteWrites();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(current);
            if (next.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(next);
            }
        }
    }
}
