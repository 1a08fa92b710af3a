using Quiver.Protocol.Primitives;
using Quiver.Protocol.Streams;

namespace Quiver.Diagnostics;

/// <summary>Into which of the kinds that are counted a stream falls: type × initiator × halves.</summary>
internal static class StreamKinds
{
    public const int Halves = (int)QuicStreamHalves.NotAccepted + 1;

    /// <summary>Types and initiators.</summary>
    public const int Openers = 4;

    public const int Count = Openers * Halves;

    /// <summary>Who opened what, as the first part of a kind's number.</summary>
    public static int Opener(StreamDirection direction, bool isLocal) => ((int)direction * 2) + (isLocal ? 0 : 1);

    public static int Of(QuicStreamState stream, bool isLocal) =>
        (Opener(stream.Id.Direction, isLocal) * Halves) + (int)HalvesOf(stream, isLocal);

    public static QuicStreamType TypeOf(int kind) =>
        kind / Halves / 2 == (int)StreamDirection.Bidirectional ? QuicStreamType.Bidirectional : QuicStreamType.Unidirectional;

    public static bool IsLocal(int kind) => (kind / Halves & 1) == 0;

    public static QuicStreamHalves HalvesOf(int kind) => (QuicStreamHalves)(kind % Halves);

    public static QuicStreamHalves HalvesOf(QuicStreamState state, bool isLocal)
    {
        if (!state.IsAccepted && !isLocal)
        {
            return QuicStreamHalves.NotAccepted;
        }

        bool isWriteOver = state.Send is null or { IsEnded: true };
        if (IsReadOver(state.Receive))
        {
            return isWriteOver ? QuicStreamHalves.Closing : QuicStreamHalves.ReadFinished;
        }

        if (state.Receive!.State == ReceiveStreamState.DataRecvd && isWriteOver) // Without one it would be over.
        {
            return QuicStreamHalves.FinishedUnread;
        }

        return isWriteOver && state.Send is not null ? QuicStreamHalves.WriteFinished : QuicStreamHalves.Open;
    }

    /// <summary>Whether the half asks nothing more of the application.</summary>
    public static bool IsReadOver(ReceiveStream? receive) =>
        receive is null || receive.IsStopped || receive.State is not (ReceiveStreamState.Recv or ReceiveStreamState.SizeKnown or ReceiveStreamState.DataRecvd);
}
