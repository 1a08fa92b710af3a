using System.Buffers;
using System.IO.Pipelines;

namespace Quiver.AspNetCore.ExtendedConnect;

/// <summary>
/// Kestrel's control stream, with one setting more in its SETTINGS frame: SETTINGS_ENABLE_CONNECT_PROTOCOL = 1, which Kestrel has no option
/// for. What follows the frame passes as it is.
/// </summary>
internal sealed class SettingsWriter(PipeWriter output) : PipeWriter
{
    private const long ControlStream = 0x00;
    private const long SettingsFrame = 0x04;

    /// <summary>Far more than Kestrel's settings; a longer beginning passes unchanged.</summary>
    private const int MaxBeginning = 256;

    /// <summary>RFC 9220 §3.</summary>
    private static ReadOnlySpan<byte> EnableConnectProtocol => [0x08, 0x01];

    /// <summary>What was written until the frame is complete; null: it was passed on.</summary>
    private ArrayBufferWriter<byte>? _beginning = new(MaxBeginning);

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => output.UnflushedBytes + (_beginning?.WrittenCount ?? 0);

    public override Memory<byte> GetMemory(int sizeHint = 0) => _beginning?.GetMemory(sizeHint) ?? output.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        if (_beginning is null)
        {
            output.Advance(bytes);
            return;
        }

        _beginning.Advance(bytes);
        PassOnIfComplete(_beginning.WrittenMemory);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => output.FlushAsync(cancellationToken);

    public override void CancelPendingFlush() => output.CancelPendingFlush();

    public override void Complete(Exception? exception = null)
    {
        if (_beginning is { } beginning)
        {
            _beginning = null;
            output.Write(beginning.WrittenSpan);
        }

        output.Complete(exception);
    }

    private void PassOnIfComplete(ReadOnlyMemory<byte> beginning)
    {
        var reader = new SequenceReader<byte>(new ReadOnlySequence<byte>(beginning));
        if (!VariableLengthInteger.TryRead(ref reader, out long stream))
        {
            return;
        }

        if (stream == ControlStream)
        {
            if (!VariableLengthInteger.TryRead(ref reader, out long frame))
            {
                return;
            }

            if (frame == SettingsFrame && beginning.Length < MaxBeginning)
            {
                if (VariableLengthInteger.TryRead(ref reader, out long length) && reader.Remaining >= length)
                {
                    WriteAmended(beginning.Span[(int)reader.Consumed..], (int)length);
                }

                return;
            }
        }

        _beginning = null;
        output.Write(beginning.Span);
    }

    /// <param name="rest">The settings, and what follows them.</param>
    /// <param name="length">Of the settings.</param>
    private void WriteAmended(ReadOnlySpan<byte> rest, int length)
    {
        _beginning = null;
        Span<byte> head = stackalloc byte[2 + VariableLengthInteger.MaxLength];
        head[0] = (byte)ControlStream;
        head[1] = (byte)SettingsFrame;
        int headLength = 2 + VariableLengthInteger.Write(head[2..], length + EnableConnectProtocol.Length);
        output.Write(head[..headLength]);
        output.Write(rest[..length]);
        output.Write(EnableConnectProtocol);
        output.Write(rest[length..]);
    }
}
