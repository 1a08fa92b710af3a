using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Recovery;

/// <summary>
/// The longest time between two lost ack-eliciting packets with none acknowledged between them. RFC 9002 §7.6.
/// Packets sent before the first RTT sample do not count.
/// </summary>
internal struct PersistentCongestion(Timestamp? firstRttSample)
{
    private Timestamp? _start;

    public TimeSpan Longest { get; private set; }

    public void OnAcked() => _start = null;

    public void OnLost(Timestamp sent)
    {
        if (firstRttSample is not Timestamp first || sent <= first)
        {
            return;
        }

        _start ??= sent;
        TimeSpan length = sent - _start.Value;
        Longest = length > Longest ? length : Longest;
    }
}
