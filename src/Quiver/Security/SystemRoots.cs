using System.Security.Cryptography.X509Certificates;
using Quiver.Driving;
using Quiver.Protocol.Primitives;

namespace Quiver.Security;

/// <summary>The system's trusted roots by subject, read anew now and then. Certificates are shared and never disposed.</summary>
internal sealed class SystemRoots
{
    /// <summary>A root that is added or removed counts after so long at the latest.</summary>
    private static readonly TimeSpan s_lifetime = TimeSpan.FromSeconds(30);

    private static SystemRoots? s_current;

    private readonly Dictionary<string, List<X509Certificate2>> _bySubject = new(StringComparer.Ordinal);
    private readonly Timestamp _readAt = MonotonicClock.Now;

    private SystemRoots()
    {
        Read(StoreLocation.LocalMachine);
        Read(StoreLocation.CurrentUser);
    }

    /// <summary>The roots as they were at most half a minute ago. May read files.</summary>
    public static SystemRoots Current()
    {
        SystemRoots? current = Volatile.Read(ref s_current);
        if (current is null || MonotonicClock.Now - current._readAt > s_lifetime)
        {
            current = new SystemRoots();
            Volatile.Write(ref s_current, current);
        }

        return current;
    }

    /// <summary>Adds to the collection every root that may have issued the certificate.</summary>
    public void AddIssuersOf(X509Certificate2 certificate, X509Certificate2Collection collection)
    {
        if (_bySubject.TryGetValue(KeyOf(certificate.IssuerName), out List<X509Certificate2>? roots))
        {
            foreach (X509Certificate2 root in roots)
            {
                if (!collection.Contains(root))
                {
                    collection.Add(root);
                }
            }
        }
    }

    private static string KeyOf(X500DistinguishedName name) => Convert.ToHexString(name.RawData);

    private void Read(StoreLocation location)
    {
        using var store = new X509Store(StoreName.Root, location);
        store.Open(OpenFlags.ReadOnly);
        foreach (X509Certificate2 root in store.Certificates)
        {
            string key = KeyOf(root.SubjectName);
            if (!_bySubject.TryGetValue(key, out List<X509Certificate2>? roots))
            {
                _bySubject.Add(key, roots = []);
            }

            roots.Add(root);
        }
    }
}
