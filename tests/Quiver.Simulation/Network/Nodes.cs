using Quiver.Protocol.Primitives;

namespace Quiver.Simulation.Network;

internal sealed class Delay(TimeSpan delay) : INetworkNode
{
    public void Send(SimDatagram datagram, World world, Action<SimDatagram, TimeSpan> forward) => forward(datagram, delay);
}

internal sealed class Loss(double probability) : INetworkNode
{
    public void Send(SimDatagram datagram, World world, Action<SimDatagram, TimeSpan> forward)
    {
        if (!world.Random.Chance(probability))
        {
            forward(datagram, TimeSpan.Zero);
        }
    }
}

/// <summary>Drops exactly the datagrams that the predicate names.</summary>
internal sealed class Drop(Func<SimDatagram, bool> drops) : INetworkNode
{
    public int Dropped { get; private set; }

    public void Send(SimDatagram datagram, World world, Action<SimDatagram, TimeSpan> forward)
    {
        if (drops(datagram))
        {
            Dropped++;
        }
        else
        {
            forward(datagram, TimeSpan.Zero);
        }
    }
}

/// <summary>Holds some datagrams back, so that later ones overtake them.</summary>
internal sealed class Reorder(double probability, TimeSpan maxHold) : INetworkNode
{
    public void Send(SimDatagram datagram, World world, Action<SimDatagram, TimeSpan> forward) =>
        forward(datagram, world.Random.Chance(probability) ? maxHold * world.Random.NextDouble() : TimeSpan.Zero);
}

/// <summary>Holds exactly the datagrams that the predicate names for so long.</summary>
internal sealed class HoldBack(Func<SimDatagram, bool> holds, TimeSpan time) : INetworkNode
{
    public void Send(SimDatagram datagram, World world, Action<SimDatagram, TimeSpan> forward) =>
        forward(datagram, holds(datagram) ? time : TimeSpan.Zero);
}

internal sealed class Duplicate(double probability) : INetworkNode
{
    public void Send(SimDatagram datagram, World world, Action<SimDatagram, TimeSpan> forward)
    {
        forward(datagram, TimeSpan.Zero);
        if (world.Random.Chance(probability))
        {
            forward(datagram with { Bytes = [.. datagram.Bytes] }, TimeSpan.FromMilliseconds(world.Random.NextDouble() * 10));
        }
    }
}

/// <summary>Flips a bit.</summary>
internal sealed class Corrupt(double probability) : INetworkNode
{
    public void Send(SimDatagram datagram, World world, Action<SimDatagram, TimeSpan> forward)
    {
        if (world.Random.Chance(probability))
        {
            byte[] bytes = [.. datagram.Bytes];
            bytes[world.Random.Next(bytes.Length)] ^= (byte)(1 << world.Random.Next(8));
            datagram = datagram with { Bytes = bytes };
        }

        forward(datagram, TimeSpan.Zero);
    }
}

/// <summary>Flips a bit at the end of exactly the datagrams that the predicate names.</summary>
internal sealed class Damage(Func<SimDatagram, bool> damages) : INetworkNode
{
    public void Send(SimDatagram datagram, World world, Action<SimDatagram, TimeSpan> forward)
    {
        byte[] bytes = [.. datagram.Bytes];
        bytes[^1] ^= (byte)(damages(datagram) ? 1 : 0);
        forward(datagram with { Bytes = bytes }, TimeSpan.Zero);
    }
}

/// <summary>A link of so many bits a second with a queue of so many bytes, which drops what does not fit.</summary>
internal sealed class RateLimit(double bitsPerSecond, int queueBytes) : INetworkNode
{
    private Timestamp _free;

    public int Dropped { get; private set; }

    public void Send(SimDatagram datagram, World world, Action<SimDatagram, TimeSpan> forward)
    {
        const int IpAndUdpHeaders = 28;
        Timestamp start = Timestamp.Max(_free, world.Now);
        double queued = (start - world.Now).TotalSeconds * bitsPerSecond / 8;
        if (queued + datagram.Bytes.Length > queueBytes)
        {
            Dropped++;
            return;
        }

        _free = start + TimeSpan.FromSeconds((datagram.Bytes.Length + IpAndUdpHeaders) * 8 / bitsPerSecond);
        forward(datagram, _free - world.Now);
    }
}

/// <summary>Drops datagrams above a size, as a path with DF does.</summary>
internal sealed class Mtu(int maxUdpPayload) : INetworkNode
{
    public void Send(SimDatagram datagram, World world, Action<SimDatagram, TimeSpan> forward)
    {
        if (datagram.Bytes.Length <= maxUdpPayload)
        {
            forward(datagram, TimeSpan.Zero);
        }
    }
}

/// <summary>Changes the sender's port after so many datagrams, as a NAT that forgets does.</summary>
internal sealed class Nat(int rebindAfter) : INetworkNode
{
    public void Send(SimDatagram datagram, World world, Action<SimDatagram, TimeSpan> forward)
    {
        PathAddress remote = datagram.Arrival.Remote;
        forward(
            datagram.Number < rebindAfter ? datagram : datagram with { Arrival = datagram.Arrival with { Remote = remote with { Port = (ushort)(remote.Port + 1) } } },
            TimeSpan.Zero);
    }
}

/// <summary>Marks ECN-capable datagrams as having met congestion, or washes the bits out.</summary>
internal sealed class EcnMark(double probability, bool bleach = false) : INetworkNode
{
    public void Send(SimDatagram datagram, World world, Action<SimDatagram, TimeSpan> forward)
    {
        EcnCodepoint ecn = datagram.Arrival.Ecn;
        if (bleach)
        {
            ecn = EcnCodepoint.NotEct;
        }
        else if (ecn != EcnCodepoint.NotEct && world.Random.Chance(probability))
        {
            ecn = EcnCodepoint.Ce;
        }

        forward(datagram with { Arrival = datagram.Arrival with { Ecn = ecn } }, TimeSpan.Zero);
    }
}

/// <summary>Changes what it likes.</summary>
internal sealed class Rewrite(Func<SimDatagram, SimDatagram> change) : INetworkNode
{
    public void Send(SimDatagram datagram, World world, Action<SimDatagram, TimeSpan> forward) => forward(change(datagram), TimeSpan.Zero);
}
