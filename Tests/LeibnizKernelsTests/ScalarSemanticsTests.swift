import LeibnizKernels
import Testing

@Suite struct ScalarSemanticsTests {
    private let real = { (operation: BinaryOperation, x: Double, y: Double) in ScalarSemantics.float(operation, x, y) }

    @Test(arguments: [ElementType.int32, .int64, .uint8])
    func `integer arithmetic wraps and never traps`(type: ElementType) {
        let interesting: [Int64] = [.min, .max, -1, 0, 1, 2, 255, 63, 64, -2_147_483_648, 2_147_483_647, 46341]
        let values = Set(interesting.map { ScalarSemantics.wrapped($0, to: type) })
        for x in values {
            for operation in UnaryOperation.allCases {
                let y = ScalarSemantics.integer(operation, x, type)
                #expect(ScalarSemantics.wrapped(y, to: type) == y)
            }
            for y in values {
                for operation in BinaryOperation.allCases {
                    let z = ScalarSemantics.integer(operation, x, y, type)
                    #expect(ScalarSemantics.wrapped(z, to: type) == z, "\(operation) \(x) \(y)")
                }
                let quotient = ScalarSemantics.integer(.divide, x, y, type)
                let remainder = ScalarSemantics.integer(.remainder, x, y, type)
                if y == 0 {
                    #expect(quotient == 0 && remainder == 0)
                } else {
                    #expect(remainder == 0 || (remainder < 0) == (y < 0))
                    #expect(remainder.magnitude < y.magnitude)
                    // Both differ from x by whole multiples of y.
                    #expect((Int128(x) - Int128(remainder)) % Int128(y) == 0)
                }
            }
        }
        #expect(ScalarSemantics.integer(.divide, -7, 2, .int32) == -3)
        #expect(ScalarSemantics.integer(.remainder, -7, 2, .int32) == 1)
        #expect(ScalarSemantics.integer(.divide, Int64(Int32.min), -1, .int32) == Int64(Int32.min))
    }

    @Test func `integer powers are by squaring, negative exponents vanish but for units`() {
        #expect(ScalarSemantics.integer(.power, 3, 5, .int64) == 243)
        #expect(ScalarSemantics.integer(.power, 3, 5, .uint8) == 243)
        #expect(ScalarSemantics.integer(.power, 3, 6, .uint8) == 729 % 256)
        #expect(ScalarSemantics.integer(.power, 0, 0, .int64) == 1)
        #expect(ScalarSemantics.integer(.power, 2, -1, .int64) == 0)
        #expect(ScalarSemantics.integer(.power, -1, -3, .int64) == -1)
        #expect(ScalarSemantics.integer(.power, -1, -4, .int64) == 1)
    }

    @Test func `shifts past the width give zero, or minus one`() {
        #expect(ScalarSemantics.integer(.shiftLeft, 1, 31, .int32) == Int64(Int32.min))
        #expect(ScalarSemantics.integer(.shiftLeft, 1, 32, .int32) == 0)
        #expect(ScalarSemantics.integer(.shiftLeft, 1, -1, .int32) == 0)
        #expect(ScalarSemantics.integer(.shiftRight, -8, 2, .int32) == -2)
        #expect(ScalarSemantics.integer(.shiftRight, -8, 99, .int64) == -1)
        #expect(ScalarSemantics.integer(.shiftRight, 8, 8, .uint8) == 0)
    }

    @Test func `the remainder has the divisor's sign`() {
        #expect(real(.remainder, 7, 3) == 1)
        #expect(real(.remainder, -7, 3) == 2)
        #expect(real(.remainder, 7, -3) == -2)
        #expect(real(.remainder, -1, .infinity) == .infinity)
        #expect(real(.remainder, 1, .infinity) == 1)
        #expect(real(.remainder, -6, 3).sign == .plus)
        #expect(real(.remainder, 1, 0).isNaN)
        #expect(real(.remainder, .infinity, 2).isNaN)
    }

    @Test func `conversions to integers saturate, and NaN is zero`() {
        #expect(ScalarSemantics.integer(1e300, as: .int64) == .max)
        #expect(ScalarSemantics.integer(-1e300, as: .int64) == .min)
        #expect(ScalarSemantics.integer(0x1p63, as: .int64) == .max)
        #expect(ScalarSemantics.integer(3e9, as: .int32) == Int64(Int32.max))
        #expect(ScalarSemantics.integer(-2_147_483_648.9, as: .int32) == Int64(Int32.min))
        #expect(ScalarSemantics.integer(-3.9, as: .int32) == -3)
        #expect(ScalarSemantics.integer(.nan, as: .int64) == 0)
        #expect(ScalarSemantics.integer(257.5, as: .uint8) == 1)
        #expect(ScalarSemantics.integer(-1, as: .uint8) == 255)
        #expect(ScalarSemantics.integer(1e20, as: .uint8) == 255)
        #expect(ScalarSemantics.integer(.nan, as: .bool) == 1)
        #expect(ScalarSemantics.integer(-0.0, as: .bool) == 0)
        // Once, not by way of a double: halfway between two floats but for the last bit.
        #expect(ScalarSemantics.float(0x40_0000_4000_0001, as: .float32) == 0x40_0000_8000_0000)
    }

    @Test func `NaN wins, rounding is to even, signs keep NaN`() {
        #expect(real(.max, .nan, 1).isNaN && real(.max, 1, .nan).isNaN)
        #expect(real(.min, .nan, 1).isNaN && real(.min, 1, .nan).isNaN)
        #expect(ScalarSemantics.float(.round, 2.5) == 2 && ScalarSemantics.float(.round, -3.5) == -4)
        #expect(ScalarSemantics.float(.sign, .nan).isNaN && ScalarSemantics.float(.sign, -0.0) == 0)
        #expect(ScalarSemantics.float(.sigmoid, -1000) == 0 && ScalarSemantics.float(.sigmoid, 1000) == 1)
        #expect(ScalarSemantics.float(.sigmoid, -700) > 0)
    }

    /// The known answers that come with the authors' own implementation.
    @Test func `Philox gives its published words`() {
        let zero = ScalarSemantics.philox(counter: (0, 0, 0, 0), key: (0, 0))
        #expect(zero == (0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        let all = UInt32.max
        let ones = ScalarSemantics.philox(counter: (all, all, all, all), key: (all, all))
        #expect(ones == (0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
        let pi = ScalarSemantics.philox(
            counter: (0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: (0xa409_3822, 0x299f_31d0))
        #expect(pi == (0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
        #expect(ScalarSemantics.random(key: 0, counter: 0, word: 1) == Int64(Int32(bitPattern: 0xe169_c58d)))
    }

    @Test func `digamma has its known values, poles and functional equations`() {
        let psi = { ScalarSemantics.float(.digamma, $0) }
        let euler = 0.57721566490153286
        func isClose(_ x: Double, _ y: Double, ulps: Double = 4) -> Bool { abs(x - y) <= ulps * max(abs(y), 1).ulp }
        #expect(isClose(psi(1), -euler))
        #expect(isClose(psi(0.5), -1.9635100260214235))
        #expect(isClose(psi(0.25), -4.2274535333762654))
        #expect(isClose(psi(10), 2.2517525890667211))
        #expect(isClose(psi(-0.5), 0.03648997397857652))
        // Near the root what counts is the relative error.
        #expect(abs(psi(1.4616321449683622) - -9.2412655217294275e-17) < 1e-31)
        #expect(abs(psi(1.5) / 0.03648997397857652 - 1) < 1e-15)
        #expect(psi(0) == -.infinity && psi(-0.0) == .infinity && psi(-3).isNaN && psi(-.infinity).isNaN)
        #expect(psi(.infinity) == .infinity && psi(.nan).isNaN)
        for step in 1...400 {
            let x = Double(step) * 0.047 + 0.0013
            #expect(isClose(psi(x + 1), psi(x) + 1 / x, ulps: 8), "\(x)")
            #expect(abs(psi(-x) - psi(1 - x) - 1 / x) <= 32 * max(1, abs(psi(-x))).ulp, "\(-x)")
        }
    }
}
