namespace Quiver.Sockets.Interop;

/// <summary>Walks over control messages as <see cref="ControlMessageWriter"/> lays them out.</summary>
internal ref struct ControlMessageReader(ReadOnlySpan<byte> source)
{
    private ReadOnlySpan<byte> _rest = source;

    public bool TryRead(out int level, out int type, out ReadOnlySpan<byte> data)
    {
        const int HeaderLength = ControlMessageWriter.HeaderLength;
        if (_rest.Length < HeaderLength || BitConverter.ToUInt64(_rest) is var length && (length < HeaderLength || length > (ulong)_rest.Length))
        {
            level = 0;
            type = 0;
            data = [];
            return false;
        }

        level = BitConverter.ToInt32(_rest[8..]);
        type = BitConverter.ToInt32(_rest[12..]);
        data = _rest[HeaderLength..(int)length];
        _rest = _rest[Math.Min(((int)length + 7) & ~7, _rest.Length)..];
        return true;
    }
}
