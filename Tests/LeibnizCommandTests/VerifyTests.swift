import Foundation
import TestFiles
import Testing

@Suite struct VerifyTests {
    @Test func `the derivatives of a formula side by side`() throws {
        let result = try leibniz(["verify", "-x^2*sin(y)", "--at", "x=3,y=-pi/4", "--json"]).json()
        #expect(Set(result.keys) == ["expression", "value", "derivatives", "agree", "culprit", "verdict"])
        #expect(result["agree"] as? Bool == true && result["culprit"] is NSNull)
        let derivatives = try #require(result["derivatives"] as? [[String: Any]])
        #expect(derivatives.map { $0["by"] as? String } == ["x", "y"])
        let expected = [-6 * sin(-Double.pi / 4), -9 * cos(-Double.pi / 4)]
        for (derivative, expected) in zip(derivatives, expected) {
            for method in ["symbolic", "forward", "reverse", "taylor", "numerical"] {
                #expect(abs(try #require(derivative[method] as? Double) - expected) < 1e-9, "\(method)")
            }
            #expect((derivative["curve"] as? [Any] ?? []).count > 20)
        }
        #expect(try leibniz(["verify", "abs(x)", "--at", "x=0"]).output.contains("agree, but there is no derivative"))
        let text = try leibniz(["verify", "x^3", "--at", "x=2", "--curve"])
        #expect(text.status == 0 && text.output.contains("all methods agree") && text.output.contains("deviation"))
    }

    @Test(arguments: [
        (["verify", "1 + foo(x)", "--at", "x=1"], Int32(64), "^ column 5"),
        (["verify", "x*y", "--at", "x=1"], 64, "no value for y"),
        (["verify", "1 + log(x)", "--at", "x=-1"], 65, "^ column 5"), (["verify", "relu(x)", "--at", "x=0"], 70, ""),
        (["gradcheck", "sinus"], 64, "no function or layer is called sinus"),
    ])
    func `mistakes are told, and disagreement is a status`(arguments: [String], status: Int32, message: String) throws {
        let run = try leibniz(arguments)
        #expect(run.status == status && (message.isEmpty || run.errors.contains(message)), "\(run)")
    }

    @Test func `gradients of named functions and layers are checked`() throws {
        let run = try leibniz(["gradcheck", "sin", "Linear", "pow"])
        #expect(run.status == 0 && run.output.contains("7 of 7 pass"), "\(run)")
        let json = try leibniz(["gradcheck", "matmul", "--json"]).json()
        #expect(json["passes"] as? Bool == true && (json["tensors"] as? [Any])?.count == 2)
        #expect(try leibniz(["gradcheck", "tan", "--tolerance", "-1"]).status == 64)
    }
}
