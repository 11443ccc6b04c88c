/// Where bytes stop being UTF-8: the first byte of the first sequence that is none; nil if all is well.
///
/// Overlong forms, surrogates and numbers above U+10FFFF are refused (Unicode Standard, table 3-7).
func firstInvalidUTF8(_ bytes: [UInt8]) -> Int? {
    bytes.withUnsafeBufferPointer { bytes in
        var place = 0
        while place < bytes.count {
            let length = sequenceLength(bytes, at: place)
            if length == 0 { return place }
            place += length
        }
        return nil
    }
}

/// The bytes of the well-formed sequence at `place`; 0 where there is none.
private func sequenceLength(_ bytes: UnsafeBufferPointer<UInt8>, at place: Int) -> Int {
    let first = bytes[place]
    if first < 0x80 { return 1 }
    let (length, second): (Int, ClosedRange<UInt8>)
    switch first {
    case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xE1...0xEC, 0xEE...0xEF: (length, second) = (3, 0x80...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return 0
    }
    guard place + length <= bytes.count, second.contains(bytes[place + 1]) else { return 0 }
    for offset in 2..<max(2, length) where !(0x80...0xBF).contains(bytes[place + offset]) { return 0 }
    return length
}
