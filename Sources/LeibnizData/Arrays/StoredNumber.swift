import LeibnizCore

/// How files hold one number, and the element type of the tensor that it becomes.
///
/// What has no element type of its own becomes the narrowest that holds all its values: 8- and 16-bit integers int32, 32-bit
/// numbers without sign int64, 16-bit floating-point numbers float32. Numbers of 64 bits without sign are read as int64 and
/// refused above 2⁶³ − 1.
enum StoredNumber: Sendable, Hashable, CaseIterable {
    case bool, int8, uint8, int16, uint16, int32, uint32, int64, uint64, float16, bfloat16, float32, float64

    /// The number that holds an element type as it is.
    init(_ elementType: ElementType) {
        switch elementType {
        case .float32: self = .float32
        case .float64: self = .float64
        case .int32: self = .int32
        case .int64: self = .int64
        case .uint8: self = .uint8
        case .bool: self = .bool
        }
    }

    /// The bytes of one number in a file.
    var byteCount: Int {
        switch self {
        case .bool, .int8, .uint8: 1
        case .int16, .uint16, .float16, .bfloat16: 2
        case .int32, .uint32, .float32: 4
        case .int64, .uint64, .float64: 8
        }
    }

    /// The element type that a tensor of such numbers gets.
    var elementType: ElementType {
        switch self {
        case .bool: .bool
        case .uint8: .uint8
        case .int8, .int16, .uint16, .int32: .int32
        case .uint32, .int64, .uint64: .int64
        case .float16, .bfloat16, .float32: .float32
        case .float64: .float64
        }
    }

    /// The bytes of numbers of that shape; nil where no memory holds them.
    func byteCount(of extents: [Int]) -> Int? {
        // An extent of 0 counts as 1, so that no product of some of the extents overflows later.
        var product = 8
        for extent in extents {
            let (next, overflow) = product.multipliedReportingOverflow(by: max(extent, 1))
            if overflow || extent < 0 { return nil }
            product = next
        }
        return extents.contains(0) ? 0 : product / 8 * byteCount
    }

    /// A tensor of row-major numbers in a file's order of bytes.
    ///
    /// - Parameters:
    ///   - bytes: as many as the shape needs.
    ///   - isBigEndian: whether the first byte of a number is the highest.
    /// - Returns: nil where a number has no place in the element type.
    func tensor(_ bytes: UnsafeRawBufferPointer, _ extents: [Int], isBigEndian: Bool) -> Tensor? {
        let shape = Shape(extents)
        switch self {
        case .float32, .float64, .int32, .int64, .uint8:
            if isBigEndian == (1.bigEndian == 1) || byteCount == 1 {
                return Tensor(bytes: bytes, shape: shape, elementType)
            }
        default: break
        }
        let width = byteCount
        let count = bytes.count / width
        func bits(_ index: Int) -> UInt64 {
            var bits: UInt64 = 0
            for offset in 0..<width {
                let place = index * width + (isBigEndian ? offset : width - 1 - offset)
                bits = bits << 8 | UInt64(bytes[place])
            }
            return bits
        }
        func tensor<Element: TensorElement>(_ convert: (UInt64) -> Element) -> Tensor {
            let numbers = (0..<count).map { convert(bits($0)) }
            return numbers.withUnsafeBytes { Tensor(bytes: $0, shape: shape, Element.elementType) }
        }
        switch self {
        case .bool: return tensor { $0 != 0 }
        case .uint8: return tensor { UInt8(truncatingIfNeeded: $0) }
        case .int8: return tensor { Int32(Int8(truncatingIfNeeded: $0)) }
        case .int16: return tensor { Int32(Int16(truncatingIfNeeded: $0)) }
        case .uint16, .int32: return tensor { Int32(truncatingIfNeeded: $0) }
        case .uint32, .int64: return tensor { Int64(truncatingIfNeeded: $0) }
        case .uint64:
            return (0..<count).contains { bits($0) >> 63 == 1 } ? nil : tensor { Int64(truncatingIfNeeded: $0) }
        case .float16: return tensor { floatOfHalf(UInt16(truncatingIfNeeded: $0)) }
        case .bfloat16: return tensor { Float(bitPattern: UInt32(truncatingIfNeeded: $0) << 16) }
        case .float32: return tensor { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) }
        case .float64: return tensor { Double(bitPattern: $0) }
        }
    }
}

/// The value of an IEEE 754 number of 16 bits: sign, five bits of exponent, ten of fraction.
private func floatOfHalf(_ bits: UInt16) -> Float {
    let sign: Float = bits >> 15 == 1 ? -1 : 1
    let (exponent, fraction) = (Int(bits >> 10 & 0x1F), UInt32(bits & 0x3FF))
    switch exponent {
    case 0: return sign * Float(fraction) * 0x1p-24
    case 31: return Float(bitPattern: UInt32(bits >> 15) << 31 | 0x7F80_0000 | fraction << 13)
    default: return sign * Float(bitPattern: UInt32(exponent + 112) << 23 | fraction << 13)
    }
}
