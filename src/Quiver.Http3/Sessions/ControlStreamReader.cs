using System.Buffers;
using Quiver.Http3.Frames;
using Quiver.Http3.Settings;

namespace Quiver.Http3.Sessions;

/// <summary>
/// Reads the frames of the peer's control stream. RFC 9114 §6.2.1. What is known is kept until it is whole, up to a cap; what is not known
/// is skipped as it comes.
/// </summary>
internal sealed class ControlStreamReader(IControlEvents events, WorkBudget budget) : IStreamSink
{
    /// <summary>An element id and a priority, which has two parameters. RFC 9218 §7.2.</summary>
    private const int MaxPriorityUpdate = 256;

    private readonly ArrayBufferWriter<byte> _begun = new(256);
    private ulong _skip;
    private bool _hasSettings;

    public void Receive(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_skip > 0)
            {
                int skipped = (int)Math.Min(_skip, (ulong)bytes.Length);
                _skip -= (ulong)skipped;
                bytes = bytes[skipped..];
                continue;
            }

            if (_begun.WrittenCount == 0)
            {
                bytes = bytes[ReadFrames(bytes)..];
                if (_skip > 0)
                {
                    continue;
                }

                _begun.Write(bytes);
                return;
            }

            // A frame that came in pieces, which is rare: as much as may complete it.
            _begun.Write(bytes);
            bytes = _begun.WrittenSpan.ToArray();
            _begun.ResetWrittenCount();
            int done = ReadFrames(bytes);
            bytes = bytes[done..];
            if (_skip == 0)
            {
                _begun.Write(bytes);
                return;
            }
        }
    }

    /// <summary>Reads whole frames from the beginning, and the header of one to skip; returns the bytes taken.</summary>
    private int ReadFrames(ReadOnlySpan<byte> bytes)
    {
        int done = 0;
        while (_skip == 0 && VarInt.TryRead(bytes[done..], out ulong type, out int typeLength)
            && VarInt.TryRead(bytes[(done + typeLength)..], out ulong length, out int lengthLength))
        {
            int headerLength = typeLength + lengthLength;
            CheckAllowed(type);
            if (!FrameTypes.IsControl(type))
            {
                budget.Spend("frames of unknown types");
                _skip = length;
                done += headerLength;
                continue;
            }

            CheckLength(type, length);
            ReadOnlySpan<byte> rest = bytes[(done + headerLength)..];
            if ((ulong)rest.Length < length)
            {
                break;
            }

            Dispatch(type, rest[..(int)length]);
            done += headerLength + (int)length;
        }

        return done;
    }

    private void CheckAllowed(ulong type)
    {
        if (!_hasSettings && type != FrameTypes.Settings)
        {
            // RFC 9114 §6.2.1: SETTINGS comes first.
            Http3ProtocolException.Throw(Http3ErrorCode.MissingSettings, $"The control stream begins with a frame of type 0x{type:x}, not with SETTINGS.");
        }

        if (_hasSettings && type == FrameTypes.Settings)
        {
            // RFC 9114 §7.2.4: no second SETTINGS.
            Http3ProtocolException.Throw(Http3ErrorCode.FrameUnexpected, "There is a second SETTINGS frame.");
        }

        if (type is FrameTypes.Data or FrameTypes.Headers or FrameTypes.PushPromise || FrameTypes.IsOfHttp2(type))
        {
            // RFC 9114 §7.2.1, §7.2.2, §7.2.5, §7.2.8.
            Http3ProtocolException.Throw(Http3ErrorCode.FrameUnexpected, $"A frame of type 0x{type:x} is on the control stream.");
        }
    }

    private static void CheckLength(ulong type, ulong length)
    {
        ulong most = type switch
        {
            FrameTypes.Settings => SettingsFrame.MaxLength,
            FrameTypes.PriorityUpdateRequest or FrameTypes.PriorityUpdatePush => MaxPriorityUpdate,
            _ => VarInt.MaxLength,
        };
        if (length > most)
        {
            // RFC 9114 §7.1: a payload longer than its fields is an error; the others have a cap.
            Http3ErrorCode code = most == VarInt.MaxLength ? Http3ErrorCode.FrameError : Http3ErrorCode.ExcessiveLoad;
            Http3ProtocolException.Throw(code, $"A frame of type 0x{type:x} has {length} bytes; {most} are allowed.");
        }
    }

    private void Dispatch(ulong type, ReadOnlySpan<byte> payload)
    {
        switch (type)
        {
            case FrameTypes.Settings:
                _hasSettings = true;
                events.OnSettings(SettingsFrame.Read(payload));
                break;
            case FrameTypes.GoAway:
                events.OnGoAway(ReadId(payload, isWhole: true, out _));
                break;
            case FrameTypes.MaxPushId:
                events.OnMaxPushId(ReadId(payload, isWhole: true, out _));
                break;
            case FrameTypes.CancelPush:
                events.OnCancelPush(ReadId(payload, isWhole: true, out _));
                break;
            case FrameTypes.PriorityUpdateRequest:
                ulong streamId = ReadId(payload, isWhole: false, out int length);
                events.OnPriorityUpdate(streamId, payload[length..]);
                break;
            default:
                events.OnPushPriorityUpdate(ReadId(payload, isWhole: false, out _));
                break;
        }
    }

    private static ulong ReadId(ReadOnlySpan<byte> payload, bool isWhole, out int length)
    {
        if (!VarInt.TryRead(payload, out ulong id, out length) || (isWhole && length != payload.Length))
        {
            // RFC 9114 §7.1: exactly the fields of its description.
            Http3ProtocolException.Throw(Http3ErrorCode.FrameError, "A frame on the control stream has a payload of the wrong length.");
        }

        return id;
    }
}
