using System.Buffers;
using Quiver.Http3;
using Quiver.Http3.Qpack;

namespace Quiver.AspNetCore.ExtendedConnect;

/// <summary>
/// Looks into the first HEADERS frame of a request before Kestrel reads it, for the <c>:protocol</c> of a CONNECT. For any other method it
/// looks no further than the line that says so.
/// </summary>
internal sealed class RequestPeek : IConnectProtocolFeature
{
    private const long HeadersFrame = 0x01;
    private const long DataFrame = 0x00;

    /// <summary>RFC 9204 appendix A.</summary>
    private const ulong StaticConnect = 15;
    private const ulong LastStaticMethod = 21;

    /// <summary>Kestrel's SETTINGS allow no dynamic table, so sections refer to none.</summary>
    private static readonly DynamicTable s_noTable = new();

    public string? Protocol { get; private set; }

    /// <summary>Whether there is nothing more to look for.</summary>
    public bool IsDone { get; private set; }

    public void Reset()
    {
        Protocol = null;
        IsDone = false;
    }

    /// <summary>What has been received and not yet consumed; it begins with a frame.</summary>
    public void Look(in ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        while (VariableLengthInteger.TryRead(ref reader, out long type) && VariableLengthInteger.TryRead(ref reader, out long length))
        {
            if (reader.Remaining < length && type != DataFrame)
            {
                return;
            }

            if (type is HeadersFrame or DataFrame)
            {
                IsDone = true;
                if (type == HeadersFrame)
                {
                    Look(buffer.Slice(reader.Position, length), (int)length);
                }

                return;
            }

            // Unknown types may come first. RFC 9114 §9.
            reader.Advance(length);
        }
    }

    private void Look(in ReadOnlySequence<byte> section, int length)
    {
        if (section.IsSingleSegment)
        {
            Look(section.FirstSpan);
            return;
        }

        byte[] rented = ArrayPool<byte>.Shared.Rent(length);
        section.CopyTo(rented);
        Look(rented.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(rented);
    }

    private void Look(ReadOnlySpan<byte> section)
    {
        // Two bytes of prefix, as without a dynamic table, and then mostly ":method: GET" or another of the static table.
        const int Prefix = 2;
        if (section.Length > Prefix && section[Prefix] is > (byte)(0xc0 | StaticConnect) and <= (byte)(0xc0 | LastStaticMethod))
        {
            return;
        }

        try
        {
            Protocol = FindProtocol(section);
        }
        catch (Http3ProtocolException)
        {
            // Kestrel reads it next, and says what is wrong.
        }
    }

    private static string? FindProtocol(ReadOnlySpan<byte> section)
    {
        string? protocol = null;
        bool isConnect = false;
        SectionReader reader = new(section, s_noTable, maxCapacity: 0);
        while (reader.TryRead(out FieldLine line) && line.Name.StartsWith(':'))
        {
            switch (line.Name)
            {
                case ":method" when !string.Equals(line.Value, "CONNECT", StringComparison.Ordinal):
                    return null;
                case ":method":
                    isConnect = true;
                    break;
                case ":protocol":
                    protocol = line.Value;
                    break;
            }
        }

        return isConnect ? protocol : null;
    }
}
