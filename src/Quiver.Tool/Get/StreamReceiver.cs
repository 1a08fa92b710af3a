using System.Buffers;
using Quiver.Tool.Output;

namespace Quiver.Tool.Get;

/// <summary>Takes a stream to its end: while one block is written, the next is read.</summary>
internal static class StreamReceiver
{
    private const int BlockLength = 512 << 10;

    // A block this full is worth a write of its own.
    private const int EnoughToWrite = BlockLength / 2;

    /// <summary>Hands blocks to <paramref name="write"/>, one at a time, with their offset. Returns the stream's length.</summary>
    public static async Task<long> ReceiveAsync(
        Stream stream, Func<ReadOnlyMemory<byte>, long, ValueTask> write, TransferMeter meter, CancellationToken cancellationToken)
    {
        byte[] reading = ArrayPool<byte>.Shared.Rent(BlockLength);
        byte[] writing = ArrayPool<byte>.Shared.Rent(BlockLength);
        Task written = Task.CompletedTask;
        long offset = 0;
        try
        {
            while (true)
            {
                int length = await FillAsync(stream, reading, written, meter, cancellationToken);
                await written;
                if (length == 0)
                {
                    return offset;
                }

                written = write(reading.AsMemory(0, length), offset).AsTask();
                offset += length;
                (reading, writing) = (writing, reading);
            }
        }
        finally
        {
            // The buffers are not given back while one is still written from.
            await written.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ArrayPool<byte>.Shared.Return(reading);
            ArrayPool<byte>.Shared.Return(writing);
        }
    }

    /// <summary>Reads until the block is worth writing, and longer while the last one is still being written.</summary>
    private static async Task<int> FillAsync(Stream stream, byte[] block, Task written, TransferMeter meter, CancellationToken cancellationToken)
    {
        int length = 0;
        while (length < EnoughToWrite || (!written.IsCompleted && length < BlockLength))
        {
            int count = await stream.ReadAsync(block.AsMemory(length, BlockLength - length), cancellationToken);
            if (count == 0)
            {
                break;
            }

            length += count;
            meter.Add(count);
        }

        return length;
    }
}
