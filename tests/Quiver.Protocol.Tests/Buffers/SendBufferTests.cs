using CsCheck;
using Quiver.Protocol.Buffers;

namespace Quiver.Protocol.Tests.Buffers;

public sealed class SendBufferTests
{
    /// <summary>Sends pieces, loses and acknowledges them at random: what arrives is whole, and nothing acknowledged is sent again.</summary>
    [Fact]
    public void Everything_arrives_and_nothing_that_arrived_is_sent_again() =>
        Gen.Select(Gen.Int[1, 100_000], Gen.Int[1, 3_000], Gen.Int).Sample((total, maxPiece, seed) =>
        {
            var random = new Random(seed);
            byte[] data = new byte[total];
            random.NextBytes(data);
            var buffer = new SendBuffer();
            byte[] arrived = new byte[total];
            bool[] acknowledged = new bool[total];
            List<(ulong Offset, int Length)> inFlight = [];
            int written = 0;
            while (written < total || buffer.Length > 0)
            {
                if (written < total && random.Next(3) == 0)
                {
                    int count = Math.Min(random.Next(1, 20_000), total - written);
                    buffer.Append(data.AsSpan(written, count));
                    written += count;
                }

                if (buffer.TryPeek(ulong.MaxValue, out ulong offset, out ulong available))
                {
                    int length = (int)Math.Min(available, (ulong)random.Next(1, maxPiece + 1));
                    byte[] piece = new byte[length];
                    buffer.Copy(offset, piece);
                    buffer.OnSent(offset, length);
                    Assert.False(Array.Exists(acknowledged[(int)offset..((int)offset + length)], was => was), "acknowledged bytes are not sent again");
                    piece.CopyTo(arrived, (int)offset);
                    inFlight.Add((offset, length));
                }

                if (inFlight.Count > 0 && random.Next(2) == 0)
                {
                    int index = random.Next(inFlight.Count);
                    (ulong start, int length) = inFlight[index];
                    inFlight.RemoveAt(index);
                    if (random.Next(4) == 0)
                    {
                        buffer.OnLost(start, length);
                    }
                    else
                    {
                        buffer.OnAcked(start, length);
                        Array.Fill(acknowledged, true, (int)start, length);
                    }
                }
            }

            Assert.Equal(data, arrived);
            Assert.All(acknowledged, was => Assert.True(was));
        }, iter: 200);
}
