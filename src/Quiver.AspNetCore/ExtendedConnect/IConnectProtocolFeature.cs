namespace Quiver.AspNetCore.ExtendedConnect;

/// <summary>The <c>:protocol</c> of a CONNECT request, which Kestrel does not hand on. RFC 9220 §3.</summary>
internal interface IConnectProtocolFeature
{
    /// <summary>Null: the request is no extended CONNECT.</summary>
    string? Protocol { get; }
}
