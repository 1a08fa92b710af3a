namespace Quiver.Protocol.Crypto;

/// <summary>The ways to compute an AEAD. <see cref="Best"/> in production; tests and benchmarks force each.</summary>
internal enum AeadImplementation
{
    /// <summary>The fastest that this processor and platform have.</summary>
    Best = 0,

    /// <summary>The classes of System.Security.Cryptography.</summary>
    Platform,

    /// <summary>C# alone; ChaCha20-Poly1305 has it.</summary>
    Managed,

    /// <summary>AES-NI and PCLMULQDQ.</summary>
    X86,

    /// <summary>AES-NI, and GHASH on VPCLMULQDQ in vectors of 256 bits.</summary>
    X86Vector256,

    /// <summary>AES-NI, and GHASH on VPCLMULQDQ in vectors of 512 bits.</summary>
    X86Vector512,

    /// <summary>The cryptographic extension of Armv8.</summary>
    Arm,
}
