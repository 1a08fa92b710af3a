using Quiver.Driving;
using Quiver.Protocol.Connections;
using Quiver.Protocol.Primitives;

namespace Quiver.Tests.Driving;

public sealed class DatagramInboxTests
{
    private static readonly DatagramArrival s_arrival = new(
        PathAddress.FromIPv4(0x7F000001, 1), PathAddress.FromIPv4(0x7F000001, 2), EcnCodepoint.Ect0);

    [Fact]
    public void Datagrams_come_out_as_they_went_in()
    {
        var inbox = new DatagramInbox();
        for (byte i = 0; i < 40; i++)
        {
            Assert.True(inbox.TryAdd(Enumerable.Repeat(i, 1000 + i).ToArray(), s_arrival));
        }

        InboxPage page = inbox.TakeAll()!;
        Assert.Null(inbox.TakeAll());
        Assert.Equal(40, page.Count);
        for (byte i = 0; i < 40; i++)
        {
            Assert.Equal(Enumerable.Repeat(i, 1000 + i).ToArray(), page.GetDatagram(i).ToArray());
            Assert.Equal(s_arrival, page.GetArrival(i));
        }

        inbox.Return(page);
        Assert.True(inbox.TryAdd(new byte[1], s_arrival));
        Assert.Equal(1, inbox.TakeAll()!.Count);
    }

    [Fact]
    public void What_does_not_fit_is_dropped()
    {
        var inbox = new DatagramInbox();
        int taken = 0;
        while (inbox.TryAdd(new byte[1200], s_arrival))
        {
            taken++;
        }

        Assert.Equal(InboxPage.MaxBytes / 1200, taken);
        Assert.Equal(taken, inbox.TakeAll()!.Count);

        for (taken = 0; inbox.TryAdd(new byte[1], s_arrival); taken++)
        {
        }

        Assert.Equal(InboxPage.MaxDatagrams, taken);
    }
}
