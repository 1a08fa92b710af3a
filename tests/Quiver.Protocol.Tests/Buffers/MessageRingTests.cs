using Quiver.Protocol.Buffers;

namespace Quiver.Protocol.Tests.Buffers;

public sealed class MessageRingTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Messages_come_out_as_they_went_in_and_the_limit_holds(int seed)
    {
        const int MaxBytes = 10_000;
        var random = new Random(seed);
        var ring = new MessageRing(MaxBytes);
        var model = new Queue<byte[]>();
        int bytes = 0;
        int refused = 0;
        byte[] buffer = new byte[2000];
        for (int i = 0; i < 20_000; i++)
        {
            if (random.Next(100) < 52)
            {
                byte[] message = new byte[random.Next(5) == 0 ? 0 : random.Next(1, 1500)];
                random.NextBytes(message);
                bool fits = bytes + message.Length + sizeof(int) <= MaxBytes;
                Assert.Equal(fits, ring.TryAdd(message));
                if (fits)
                {
                    model.Enqueue(message);
                    bytes += message.Length + sizeof(int);
                }
                else
                {
                    refused++;
                }
            }
            else if (model.TryDequeue(out byte[]? expected))
            {
                Assert.Equal(expected.Length, ring.NextLength);
                Assert.Equal(expected.Length, ring.Take(buffer));
                Assert.Equal(expected, buffer.AsSpan(0, expected.Length).ToArray());
                bytes -= expected.Length + sizeof(int);
            }

            Assert.Equal(model.Count == 0, ring.IsEmpty);
        }

        Assert.NotEqual(0, refused);
    }
}
