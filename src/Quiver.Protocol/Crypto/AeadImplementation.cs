namespace Quiver.Protocol.Crypto;

/// <summary>The ways to compute an AEAD. <see cref="Best"/> in production; tests and benchmarks force each.</summary>
internal enum AeadImplementation
{
    /// <summary>The fastest that this processor and platform have.</summary>
    Best = 0,

    /// <summary>The classes of System.Security.Cryptography.</summary>
    Platform,
}
