/// A protocol buffer as it is written: fields one after the other, each a key and a value.
///
/// A key is the field's number and the kind of its value, as a varint: seven bits a byte, the lowest first, the highest bit set where
/// another byte follows. (Google, *Protocol Buffers – Encoding*.) Event files need four kinds of values and no reading, so the messages
/// are written by hand, without a compiler for their definitions in the build.
struct WireMessage {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ field: Int, whole: Int) {
        key(field, 0)
        varint(UInt64(bitPattern: Int64(whole)))
    }

    mutating func add(_ field: Int, double: Double) {
        key(field, 1)
        bytes += little(Int(truncatingIfNeeded: double.bitPattern), 8)
    }

    mutating func add(_ field: Int, float: Float) {
        key(field, 5)
        bytes += little(Int(float.bitPattern), 4)
    }

    mutating func add(_ field: Int, text: String) { add(field, bytes: Array(text.utf8)) }
    mutating func add(_ field: Int, message: WireMessage) { add(field, bytes: message.bytes) }

    /// The fields of another message.
    mutating func add(_ message: WireMessage) { bytes += message.bytes }

    mutating func add(_ field: Int, bytes value: [UInt8]) {
        key(field, 2)
        varint(UInt64(value.count))
        bytes += value
    }

    /// Numbers one after the other in one field.
    mutating func add(_ field: Int, doubles: [Double]) {
        add(field, bytes: doubles.flatMap { little(Int(truncatingIfNeeded: $0.bitPattern), 8) })
    }

    private mutating func key(_ field: Int, _ kind: Int) { varint(UInt64(field << 3 | kind)) }

    private mutating func varint(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// The Castagnoli checksum (CRC-32C, polynomial 0x1EDC6F41) of TensorFlow's records.
enum CastagnoliChecksum {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
    }

    static func of(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
    }

    /// Turned and shifted, as records hold it, so that a checksum of data with checksums in them is no trivial one.
    static func masked(_ bytes: [UInt8]) -> UInt32 {
        let value = of(bytes)
        return (value >> 15 | value << 17) &+ 0xA282_EAD8
    }
}
