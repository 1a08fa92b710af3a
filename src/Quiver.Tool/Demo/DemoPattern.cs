using System.Buffers.Binary;

namespace Quiver.Tool.Demo;

/// <summary>The bytes of the demo's transfer: the same block again and again, so that the receiver can compare every byte cheaply.</summary>
internal static class DemoPattern
{
    public const int Length = 1 << 20;

    // Twice the block: a piece of up to Length bytes lies in one run, wherever it starts.
    private static readonly byte[] s_block = Create();

    /// <summary>The bytes at an offset of the transfer.</summary>
    public static ReadOnlyMemory<byte> At(long offset, int length) => s_block.AsMemory((int)(offset % Length), Math.Min(length, Length));

    private static byte[] Create()
    {
        byte[] block = new byte[2 * Length];
        uint state = 1;
        for (int i = 0; i < Length; i += sizeof(uint))
        {
            state = (state * 1_664_525) + 1_013_904_223;
            BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(i), state);
        }

        block.AsSpan(0, Length).CopyTo(block.AsSpan(Length));
        return block;
    }
}
