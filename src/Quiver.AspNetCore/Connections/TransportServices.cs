using System.Buffers;
using Microsoft.Extensions.Logging;

namespace Quiver.AspNetCore.Connections;

/// <summary>What all connections of a transport share.</summary>
internal sealed record TransportServices(QuiverTransportOptions Options, MemoryPool<byte> MemoryPool, ILogger Log);
