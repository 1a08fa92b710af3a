using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Quiver.Diagnostics;
using Quiver.Protocol.Connections;
using Quiver.Protocol.Paths;
using Quiver.Protocol.Primitives;

namespace Quiver.Driving;

/// <summary>A client's paths: gives each a socket, tells callers what came of it, goes where the server prefers and where the network leads.</summary>
internal sealed class ClientPaths(ConnectionDriver driver)
{
    /// <summary>A network that has just changed may take a moment to work.</summary>
    private const int MaxAttempts = 3;

    private readonly List<PathCompletion> _pending = [];
    private int _changes;

    /// <summary>Whether the connection moves by itself when the addresses of this machine change.</summary>
    public bool FollowsNetwork { get; set; }

    /// <summary>Tries a path from a socket at the address; done when the server has answered there.</summary>
    public async Task<NetworkPath> AddAsync(IPEndPoint local, CancellationToken cancellationToken)
    {
        PathAddress remote = ReadPath().Remote;
        IPAddress address = LocalAddresses.Select(local.Address, remote.ToIPEndPoint());
        EndpointLoop loop = AcquireFor(local);
        return await AddAsync(loop, new IPEndPoint(address, loop.LocalEndPoint.Port), preferred: null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Goes on by a path that was validated.</summary>
    public void Migrate(NetworkPath path)
    {
        driver.Enter();
        try
        {
            if (driver.Closing.IsClosed)
            {
                throw driver.Closing.CreateException();
            }

            // Only clients have paths to move to.
            if (!driver.Core.Migrator!.TryMigrate(path, driver.Now))
            {
                throw new ObjectDisposedException(
                    typeof(QuicPath).FullName, $"The path from {path.Local} to {path.Remote} was disposed, or the connection has left it for the server's preferred address.");
            }
        }
        finally
        {
            driver.Leave();
        }
    }

    public void Remove(NetworkPath path)
    {
        driver.Enter();
        try
        {
            driver.Core.Migrator?.Remove(path, driver.Now);
        }
        finally
        {
            driver.Leave();
        }
    }

    public NetworkPath ReadPath()
    {
        driver.Enter();
        try
        {
            return driver.Core.ActivePath;
        }
        finally
        {
            driver.Leave();
        }
    }

    /// <summary>Under the lock.</summary>
    public void OnValidated(NetworkPath path)
    {
        if (TakePending(path) is { } pending)
        {
            pending.Done.Decide(driver);
        }
    }

    /// <summary>Under the lock: the path's socket goes too, unless another path has it. Returns a loop to be released.</summary>
    public EndpointLoop? OnGone(NetworkPath path)
    {
        if (TakePending(path) is { } pending)
        {
            pending.Done.Decide(
                driver, new QuicException(QuicError.PathFailed, $"The server did not answer on the path from {path.Local} to {path.Remote}."));
        }

        EndpointLoop loop = driver.Loops.LoopOf(path.Local);
        if (driver.Role == EndpointRole.Server || loop == driver.Loop || driver.Core.HasPathFrom(loop.Address))
        {
            return null;
        }

        driver.Loops.Detach(loop);
        return loop;
    }

    /// <summary>Under the lock.</summary>
    public void OnConnectionClosed()
    {
        foreach (PathCompletion pending in _pending)
        {
            pending.Done.Decide(driver, driver.Closing.CreateException());
        }

        _pending.Clear();
    }

    /// <summary>The server would rather be reached at another address. RFC 9000 §9.6.</summary>
    public async Task GoToPreferredAsync(PathAddress remote)
    {
        try
        {
            IPEndPoint server = remote.ToIPEndPoint();
            EndpointLoop loop = driver.Loop;
            bool isReachable = loop.LocalEndPoint.AddressFamily == server.AddressFamily || loop.LocalEndPoint.Address.Equals(IPAddress.IPv6Any);
            IPAddress address = LocalAddresses.Select(isReachable ? loop.LocalEndPoint.Address : null, server);
            loop = isReachable ? EndpointRegistry.Acquire(loop) : AcquireFor(new IPEndPoint(address, 0));
            await AddAsync(loop, new IPEndPoint(address, loop.LocalEndPoint.Port), remote, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or QuicException or InvalidOperationException)
        {
            // The connection stays where it is.
            QuiverLog.PreferredAddressNotUsed(QuicDiagnostics.Logger, e, remote.ToIPEndPoint());
        }
    }

    /// <summary>The addresses of this machine have changed: moves if the way to the server starts from another one now.</summary>
    public async Task FollowNetworkAsync()
    {
        // Who is at it already looks again.
        if (Interlocked.Increment(ref _changes) > 1)
        {
            return;
        }

        int seen;
        do
        {
            seen = Volatile.Read(ref _changes);
            for (int i = 0; i < MaxAttempts && await TryFollowAsync().ConfigureAwait(false); i++)
            {
            }
        }
        while (Interlocked.CompareExchange(ref _changes, 0, seen) != seen);
    }

    /// <summary>True: there is another way, but it has not answered.</summary>
    private async Task<bool> TryFollowAsync()
    {
        NetworkPath current = ReadPath();
        IPEndPoint remote = current.Remote.ToIPEndPoint();
        try
        {
            IPAddress best = LocalAddresses.Select(wanted: null, remote);
            IPAddress used = current.Local.ToIPEndPoint().Address;
            EndpointLoop loop = driver.Loops.LoopOf(current.Local);
            bool isChosen = !loop.Address.IsUnspecified && !loop.IsShared;
            if (best.Equals(used) || (isChosen && LocalAddresses.IsOurs(used)))
            {
                return false;
            }

            // A socket for all addresses has the new one too.
            loop = loop.Address.IsUnspecified ? EndpointRegistry.Acquire(loop) : AcquireFor(new IPEndPoint(best, 0));
            NetworkPath path = await AddAsync(loop, new IPEndPoint(best, loop.LocalEndPoint.Port), preferred: null, CancellationToken.None).ConfigureAwait(false);
            Migrate(path);
            Remove(current);
            QuiverLog.Migrated(QuicDiagnostics.Logger, path.Local.ToIPEndPoint(), remote);
            return false;
        }
        catch (Exception e) when (e is SocketException or QuicException or InvalidOperationException or NetworkInformationException)
        {
            QuiverLog.NetworkNotFollowed(QuicDiagnostics.Logger, e, remote);
            return e is QuicException { QuicError: QuicError.PathFailed };
        }
    }

    private EndpointLoop AcquireFor(IPEndPoint local) =>
        EndpointRegistry.AcquireForPath(local, driver.Loop.Identity, [driver.Loop, .. driver.Loops.Others]);

    /// <summary>The loop has a user counted, which goes with the path.</summary>
    private async Task<NetworkPath> AddAsync(EndpointLoop loop, IPEndPoint local, PathAddress? preferred, CancellationToken cancellationToken)
    {
        PathCompletion pending;
        bool isSpare;
        Exception? error;
        driver.Enter();
        try
        {
            isSpare = driver.Loops.Contains(loop);
            error = TryAdd(loop, PathAddress.From(local), preferred, isSpare, out pending);
        }
        finally
        {
            driver.Leave();
        }

        if (isSpare || error is not null)
        {
            _ = EndpointRegistry.ReleaseAsync(loop);
        }

        if (error is not null)
        {
            throw error;
        }

        try
        {
            await pending.Done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            return pending.Path;
        }
        catch (OperationCanceledException)
        {
            Remove(pending.Path);
            throw;
        }
    }

    /// <summary>Under the lock; null when the path is being tried.</summary>
    private Exception? TryAdd(EndpointLoop loop, in PathAddress local, PathAddress? preferred, bool isAttached, out PathCompletion pending)
    {
        pending = null!; // with an error it is not used
        if (driver.Closing.IsClosed)
        {
            return driver.Closing.CreateException();
        }

        PathMigrator migrator = driver.Core.Migrator!; // a client's
        NetworkPath? path = null;
        if (!isAttached && !driver.Loops.TryAttach(loop))
        {
            return new InvalidOperationException($"A connection id of this connection is in use on {loop.LocalEndPoint}.");
        }

        PathAdmission admission = preferred is PathAddress remote
            ? migrator.TryAddPreferred(local, remote, driver.Now, out path)
            : migrator.TryAdd(local, driver.Now, out path);
        if (path is not null)
        {
            pending = new PathCompletion(path);
            _pending.Add(pending);
            return null;
        }

        if (!isAttached)
        {
            driver.Loops.Detach(loop);
        }

        return new InvalidOperationException(admission switch
        {
            PathAdmission.Disabled => "The server asks its clients not to migrate (disable_active_migration, RFC 9000 §18.2).",
            PathAdmission.NoConnectionIds => "The server uses empty connection ids, so it could not tell the packets of another path (RFC 9000 §9.5).",
            PathAdmission.TooMany => $"A connection has at most {PathTable.MaxPaths} paths: dispose one first.",
            PathAdmission.Known => $"There is a path from {local} already.",
            _ => throw new ArgumentOutOfRangeException(nameof(local), admission, "not a refusal"),
        });
    }

    private PathCompletion? TakePending(NetworkPath path)
    {
        PathCompletion? pending = _pending.Find(pending => pending.Path == path);
        if (pending is not null)
        {
            _pending.Remove(pending);
        }

        return pending;
    }
}
