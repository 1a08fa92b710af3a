using Quiver.Http3.Sessions;

namespace Quiver.Http3.Messages;

/// <summary>A request and its response, as their streams see it: both halves must be told to have ended, whatever happens.</summary>
internal interface IExchange
{
    Http3Session Session { get; }

    MessageReader Reader { get; }

    MessageWriter Writer { get; }

    QuicStream Stream { get; }

    /// <summary>The read half has ended: all was read, or it was aborted. More than once is as good as once.</summary>
    void EndRead();

    /// <summary>The write half has ended: FIN was written, or it was aborted. More than once is as good as once.</summary>
    void EndWrite();

    /// <summary>A read or write failed: closes the connection or ends the stream if the peer broke a rule, and says what the application is told.</summary>
    Exception OnFailure(Exception exception);
}
