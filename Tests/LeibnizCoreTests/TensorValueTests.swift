import Testing

@testable import LeibnizCore

@Suite struct `Literals and arrays` {
    @Test func `nested literals and arrays have their shape`() throws {
        let literal: Tensor = [[1, 2.5], [3, -4]]
        #expect(literal.shape == [2, 2] && literal.elementType == .float32)
        #expect(try literal.doubles() == [1, 2.5, 3, -4])
        let deep = Tensor([[[1], [2]], [[3], [4]], [[5], [6]]])
        #expect(deep.shape == [3, 2, 1] && deep.elementType == .int64)
        #expect(try deep.array(of: Int.self) == [1, 2, 3, 4, 5, 6])
        #expect(Tensor([[Float]]()).shape == [0])
        #expect(Tensor([[Float](), []]).shape == [2, 0])
        let (row, rate) = (Tensor([1.0, 2]), 0.5)
        let mixed: Tensor = [row, row * rate]
        #expect(try mixed.doubles() == [1, 2, 0.5, 1])
        #expect(mixed.shape == [2, 2])
        let truths: Tensor = [true, false]
        #expect(truths.elementType == .bool)
    }

    @Test func `arrays of each type keep their numbers`() throws {
        func check<Element: TensorConvertible & TensorElement & Equatable>(_ numbers: [Element], _ type: ElementType)
            throws
        {
            let tensor = Tensor(numbers, type)
            #expect(tensor.elementType == type)
            #expect(try tensor.array(of: Element.self) == numbers)
            #expect(try tensor[1].item(of: Element.self) == numbers[1])
        }
        try check([1.5, -Float.infinity, 0x1p-140], .float32)
        try check([1.5, Double.pi, 0x1p-1050], .float64)
        try check([1, Int.max, .min], .int64)
        try check([1, Int64.max, .min], .int64)
        try check([1, Int32.max, .min], .int32)
        try check([0, UInt8.max, 7], .uint8)
        try check([true, false, true], .bool)
        #expect(Tensor([Double.pi]).elementType == .float32)
        #expect(try Tensor([0.1]).doubles() == [Double(Float(0.1))])
        #expect(try Tensor([1, 2], .float64).doubles() == [1, 2])
    }

    @Test func `ragged rows and numbers that do not fill a shape are errors`() {
        let literal: Tensor = [[1, 2], [3]]
        #expect(literal.error?.shapes == [[2], [1]])
        #expect(Tensor([[1, 2], [3]]).error?.reason.contains("row at 1") == true)
        #expect(Tensor([[[1], [2]], [[3], [4, 5]]]).error?.shapes == [[1], [2]])
        #expect(Tensor([1, 2, 3], shape: [2, 2]).isInvalid)
        #expect(Tensor([1.0], shape: [-1, -1]).error?.reason == "an extent is negative")
        withUnsafeTemporaryAllocation(byteCount: 4, alignment: 4) { bytes in
            #expect(Tensor(bytes: UnsafeRawBufferPointer(bytes), shape: [-1, -1], .float32).isInvalid)
            #expect(Tensor(bytes: UnsafeRawBufferPointer(bytes), shape: [3], .float32).isInvalid)
        }
    }

    @Test func `shifts of Swift numbers stay Swift numbers`() {
        let bytes = 1 << 20
        #expect(bytes == 1_048_576)
    }

    @Test func `memory is read in place`() throws {
        let x = try (Tensor.arange(1000).cast(to: .float32) * 2).evaluated()
        let first = try x.withUnsafeBytes { $0.baseAddress }
        #expect(try x.withUnsafeBytes { $0.baseAddress } == first)
        try x.withUnsafeBytes { #expect($0.count == 4000) }
        try x.withUnsafeElements(of: Float.self) {
            #expect($0[999] == 1998 && UnsafeRawPointer($0.baseAddress) == first)
        }
        #expect(throws: TensorError.self) { try x.withUnsafeElements(of: Double.self) { $0.count } }
    }

    @Test func `a single element is read, several are an error`() throws {
        #expect(try Tensor([[7]]).item() == 7)
        #expect(try Tensor([Int.max]).item(of: Int.self) == .max)
        for x in [Tensor.zeros([2]), .zeros([0])] {
            let error = #expect(throws: TensorError.self) { try x.item() }
            #expect(error?.kind == .shape && error?.hint != nil)
        }
    }
}

@Suite struct `Promotion and conversion` {
    /// The table in the documentation of `Promotion`, row by row.
    private let table: [[ElementType]] = [
        [.bool, .uint8, .int32, .int64, .float32, .float64],
        [.uint8, .uint8, .int32, .int64, .float32, .float64],
        [.int32, .int32, .int32, .int64, .float32, .float64],
        [.int64, .int64, .int64, .int64, .float32, .float64],
        [.float32, .float32, .float32, .float32, .float32, .float64],
        [.float64, .float64, .float64, .float64, .float64, .float64],
    ]
    private let types: [ElementType] = [.bool, .uint8, .int32, .int64, .float32, .float64]

    @Test func `two literals are one number of double precision until they meet a tensor`() throws {
        let x = Tensor([3.0], .float64)
        #expect(try (4.0 / 3 * x).doubles() == [4.0 / 3 * 3])
        #expect(try ((0.1 + 0.2) * x).doubles() == [(0.1 + 0.2) * 3])
        #expect(try ((1 - 0.9) * x).doubles() == [(1 - 0.9) * 3])
        let third: Tensor = 1 / 3
        #expect(try third.elementType == .float32 && third.item() == Double(Float(1) / 3))
        let whole: Tensor = 2 * 3 - 7
        #expect(try whole.elementType == .int32 && whole.doubles() == [-1])
    }

    @Test func `any two types meet in the type of the table`() throws {
        for (row, a) in types.enumerated() {
            for (column, b) in types.enumerated() {
                let (x, y) = (Tensor([1, 0], a), Tensor([1, 1], b))
                for result in [x + y, x * y, maximum(x, y), which(x != 0, x, y), concatenate([x, y])] {
                    #expect(result.elementType == table[row][column], "\(a) with \(b)")
                }
                #expect(try (x + y).doubles() == (a == .bool && b == .bool ? [1, 1] : [2, 1]), "\(a) with \(b)")
                #expect((x == y).elementType == .bool)
                #expect((x / y).elementType == (a == .float64 || b == .float64 ? .float64 : .float32))
            }
        }
    }

    @Test func `numbers take the type of the tensor that they meet`() {
        let rate = 0.5
        for type in types {
            let x = Tensor([1, 0], type)
            let lifted = type.isFloatingPoint ? type : .float32
            #expect((x * 0.5).elementType == lifted)
            #expect((x * rate).elementType == lifted)
            #expect((x * 2).elementType == (type == .bool ? .int32 : type))
            #expect((x + true).elementType == type)
        }
        #expect(sqrt(Tensor([4])).elementType == .float32)
        #expect(Tensor(2.0).elementType == .float32)
    }

    @Test func `conversions follow the table`() throws {
        let floats = Tensor([1.9, -1.9, 0, .nan, 1e30, -1e30, 256, 0.25], .float64)
        for type in [ElementType.float32, .float64] {
            let x = floats.cast(to: type)
            #expect(try x.cast(to: .int32).array(of: Int32.self) == [1, -1, 0, 0, .max, .min, 256, 0])
            #expect(try x.cast(to: .int64).array(of: Int64.self) == [1, -1, 0, 0, .max, .min, 256, 0])
            #expect(try x.cast(to: .uint8).array(of: UInt8.self) == [1, 255, 0, 0, 255, 0, 0, 0])
            #expect(try x.cast(to: .bool).array(of: Bool.self) == [true, true, false, true, true, true, true, true])
        }
        let integers = Tensor([0, 1, -1, 255, 256, 300, Int(Int32.max) + 1, .max])
        #expect(try integers.cast(to: .uint8).array(of: UInt8.self) == [0, 1, 255, 255, 0, 44, 0, 255])
        #expect(try integers.cast(to: .int32).array(of: Int32.self) == [0, 1, -1, 255, 256, 300, .min, -1])
        #expect(try integers.cast(to: .bool).array(of: Bool.self) == [false, true, true, true, true, true, true, true])
        #expect(
            try integers.cast(to: .float32).doubles() == [
                0, 1, -1, 255, 256, 300, 2_147_483_648, 9_223_372_036_854_775_808,
            ])
        for type in types { #expect(try Tensor([true, false]).cast(to: type).doubles() == [1, 0]) }
    }
}
