using CsCheck;
using Quiver.Protocol.Buffers;

namespace Quiver.Protocol.Tests.Buffers;

public sealed class ReorderBufferTests
{
    [Fact]
    public void Any_order_of_any_pieces_comes_out_in_order() =>
        Gen.Select(Gen.Int[1, 60_000], Gen.Select(Gen.Double[0, 1], Gen.Int[1, 5_000]).Array[1, 80], Gen.Int[1, 9_000]).Sample((total, pieces, readSize) =>
        {
            byte[] data = new byte[total];
            for (int i = 0; i < total; i++)
            {
                data[i] = (byte)(i ^ (i >> 8));
            }

            var buffer = new ReorderBuffer();
            List<byte> read = [];
            byte[] chunk = new byte[readSize];
            foreach ((double where, int size) in pieces)
            {
                int start = (int)(where * (total - 1));
                Assert.True(buffer.Write((ulong)start, data.AsSpan(start, Math.Min(size, total - start))));
                read.AddRange(chunk.AsSpan(0, buffer.Read(chunk)));
            }

            for (int start = 0; start < total; start += 1_200)
            {
                Assert.True(buffer.Write((ulong)start, data.AsSpan(start, Math.Min(1_200, total - start))));
            }

            int count;
            while ((count = buffer.Read(chunk)) > 0)
            {
                read.AddRange(chunk.AsSpan(0, count));
            }

            Assert.Equal(data, read);
            Assert.Equal((ulong)total, buffer.ReadOffset);
        });

    [Fact]
    public void Every_other_byte_is_refused_at_the_cap()
    {
        var buffer = new ReorderBuffer();
        int accepted = 0;
        while (buffer.Write((ulong)((2 * accepted) + 1), [1]))
        {
            accepted++;
        }

        Assert.InRange(accepted, ReorderBuffer.MaxGaps, ReorderBuffer.MaxGaps + 10);
    }
}
