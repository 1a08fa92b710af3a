using Quiver.Driving;

namespace Quiver.Security;

/// <summary>One check of a peer's certificate on the thread pool; the handshake waits for it.</summary>
internal sealed class PeerCertificateCheck(ConnectionDriver driver, QuicConnection connection, PeerCertificateRules rules) : IThreadPoolWorkItem
{
    public void Execute()
    {
        if (driver.Closing.IsOver())
        {
            return;
        }

        PeerVerdict verdict = rules.Judge(connection, driver.Core.Tls.PeerCertificates);
        connection.OnRemoteCertificate(verdict.Certificate);
        driver.Enter();
        try
        {
            if (!driver.Closing.IsClosed)
            {
                driver.Core.ResumeWithCertificateVerdict(verdict.Alert, verdict.Reason, verdict.Cause, driver.Now);
            }
        }
        finally
        {
            driver.Leave();
        }
    }
}
