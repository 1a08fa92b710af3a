using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Messages;

namespace Quiver.Protocol.Tls;

/// <summary>A client's answer to a CertificateRequest. RFC 9846 §4.4.2, §4.5.1.</summary>
internal sealed class ClientAuthentication(TlsCertificate? certificate)
{
    private bool _isRequested;
    private SignatureScheme? _scheme;

    public void OnRequest(HandshakeMessage message)
    {
        CodePoints accepted = CertificateRequest.Read(message);
        _isRequested = true;
        _scheme = certificate is null ? null : OwnAuthentication.ChooseScheme(certificate, accepted);
    }

    /// <summary>Writes Certificate and CertificateVerify if asked; without a fitting certificate an empty Certificate.</summary>
    public void WriteAnswer(TlsWriter writer, Transcript transcript)
    {
        if (!_isRequested)
        {
            return;
        }

        if (certificate is not null && _scheme is SignatureScheme scheme)
        {
            OwnAuthentication.Write(writer, certificate, scheme, EndpointRole.Client, transcript);
        }
        else
        {
            transcript.Add(CertificateMessage.Write(writer, []));
        }
    }
}
