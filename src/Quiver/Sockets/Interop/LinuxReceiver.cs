using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Quiver.Sockets.Interop;

/// <summary>
/// recvmmsg with its headers, addresses and control buffers, which are pinned and used again for each call. Loop thread only.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class LinuxReceiver
{
    // Packet information (40), traffic class (24), type of service (24) and segment size (24).
    private const int ControlLength = 128;
    private const int AddressLength = 32;

    private BatchedMessageHeader[] _headers = [];
    private IoVector[] _vectors = [];
    private byte[] _addresses = [];
    private byte[] _controls = [];

    /// <summary>Reads into the slots of <paramref name="memory"/>, which is pinned. Returns messages read, or a negated error number.</summary>
    public int Receive(SafeHandle socket, byte[] memory, int slots, int slotLength)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)slots * slotLength, memory.Length);
        EnsureSlots(slots);
        byte* slot = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(memory));
        for (int i = 0; i < slots; i++)
        {
            // The kernel overwrites the lengths with what it used.
            _vectors[i].Base = slot + ((nint)i * slotLength);
            _vectors[i].Length = (nuint)slotLength;
            _headers[i].Header.NameLength = AddressLength;
            _headers[i].Header.ControlLength = ControlLength;
        }

        BatchedMessageHeader* headers = (BatchedMessageHeader*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_headers));
        int count = LibC.ReceiveMessages(socket, headers, (uint)slots, LinuxOption.MessageDoNotWait, null);
        return count < 0 ? -Marshal.GetLastPInvokeError() : count;
    }

    public int Length(int index) => (int)_headers[index].Length;

    public ReadOnlySpan<byte> Address(int index) => _addresses.AsSpan(index * AddressLength, AddressLength);

    public ReadOnlySpan<byte> Control(int index) =>
        _controls.AsSpan(index * ControlLength, (int)Math.Min(_headers[index].Header.ControlLength, ControlLength));

    private void EnsureSlots(int slots)
    {
        if (_headers.Length >= slots)
        {
            return;
        }

        _headers = GC.AllocateArray<BatchedMessageHeader>(slots, pinned: true);
        _vectors = GC.AllocateArray<IoVector>(slots, pinned: true);
        _addresses = GC.AllocateArray<byte>(slots * AddressLength, pinned: true);
        _controls = GC.AllocateArray<byte>(slots * ControlLength, pinned: true);
        for (int i = 0; i < slots; i++)
        {
            ref MessageHeader header = ref _headers[i].Header;
            header.Name = (byte*)Unsafe.AsPointer(ref _addresses[i * AddressLength]);
            header.Vectors = (IoVector*)Unsafe.AsPointer(ref _vectors[i]);
            header.VectorCount = 1;
            header.Control = (byte*)Unsafe.AsPointer(ref _controls[i * ControlLength]);
        }
    }
}
