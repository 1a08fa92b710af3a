namespace Quiver.Protocol.Primitives;

/// <summary>Which end of a connection we are. The values are the initiator bit of a stream id. RFC 9000 §2.1.</summary>
internal enum EndpointRole
{
    Client = 0,
    Server = 1,
}
