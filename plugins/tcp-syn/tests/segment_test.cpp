// SYNs as they leave, and which answers are taken for answers.
#include "tcp-syn/segment.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "common-linux/bytes.hpp"
#include "common-linux/checksum.hpp"

namespace sonde::tcp_syn {
namespace {

using Packet = std::vector<uint8_t>;

const Identity self = {{1, 2}, 0xbeef};
const net::Ip own4 = net::mapped(net::Ip4{192, 0, 2, 1}), target4 = net::mapped(net::Ip4{192, 0, 2, 7});
const net::Ip own6 = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
const net::Ip target6 = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7};
constexpr uint8_t syn_ack = 0x12, rst_ack = 0x14, rst = 0x04, ack = 0x10;

Packet syn(const net::Ip& target, uint16_t port) {
  Packet p(syn_size);
  write_syn(std::span(p).first<syn_size>(), self, target, port);
  return p;
}
Packet reply(const net::Ip& from, uint16_t port, uint8_t flags, uint32_t added = 1) {
  Packet p(20, 0);
  net::store16(&p[0], port);
  net::store16(&p[2], self.source_port);
  net::store32(&p[8], sequence_for(self, from, port) + added);
  p[12] = 0x50;
  p[13] = flags;
  return p;
}

TEST(Segment, ASynHasPortsSequenceAndMaximumSegmentSize) {
  const Packet p = syn(target4, 443);
  EXPECT_EQ(net::load16(&p[0]), 0xbeef);
  EXPECT_EQ(net::load16(&p[2]), 443);
  EXPECT_EQ(net::load32(&p[4]), sequence_for(self, target4, 443));
  EXPECT_EQ(net::load32(&p[8]), 0u);
  EXPECT_EQ(p[12], 0x60);
  EXPECT_EQ(p[13], 0x02);
  EXPECT_EQ(Packet(p.begin() + 20, p.end()), (Packet{2, 4, 0x05, 0xb4}));
}

TEST(Segment, TheSequenceDependsOnAllThatAnAnswerProves) {
  const uint32_t usual = sequence_for(self, target4, 443);
  EXPECT_EQ(sequence_for(self, target4, 443), usual) << "attempts are alike";
  EXPECT_NE(sequence_for(self, target4, 80), usual);
  EXPECT_NE(sequence_for(self, target6, 443), usual);
  EXPECT_NE(sequence_for({{1, 3}, 0xbeef}, target4, 443), usual);
  EXPECT_NE(sequence_for({{1, 2}, 0xbeee}, target4, 443), usual);
}

TEST(Segment, TheChecksumCoversTheAddresses) {
  Packet four = syn(target4, 80), six = syn(target6, 80);
  seal(four, own4, target4);
  seal(six, own6, target6);
  const auto sum = [](const Packet& p, uint32_t pseudo) { return net::checksum_finish(net::checksum_add(p, pseudo)); };
  EXPECT_EQ(sum(four, net::pseudo_header4(own4, target4, syn_size, 6)), 0);
  EXPECT_EQ(sum(six, net::pseudo_header6(own6, target6, syn_size, 6)), 0);
  EXPECT_NE(sum(four, net::pseudo_header4(target6, target4, syn_size, 6)), 0);
  // 192.0.2.1 to 192.0.2.7, worked out by hand: (c000+0201)+(c000+0207)+0006+0018 folded.
  EXPECT_EQ(net::checksum_finish(net::pseudo_header4(own4, target4, 24, 6)), 0x7bd8);
}

TEST(Answer, SynAckIsOpenAndRstIsClosed) {
  const auto open = read_answer(reply(target4, 80, syn_ack), target4, self);
  ASSERT_TRUE(open);
  EXPECT_EQ(open->answer, Answer::open);
  EXPECT_EQ(open->port, 80);
  EXPECT_EQ(open->acknowledged, sequence_for(self, target4, 80) + 1);
  const auto closed = read_answer(reply(target6, 81, rst_ack), target6, self);
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->answer, Answer::closed);
  EXPECT_EQ(closed->port, 81);
}
TEST(Answer, ARstMayForgetThatTheSynCounts) {
  EXPECT_TRUE(read_answer(reply(target4, 80, rst_ack, 0), target4, self));
  EXPECT_FALSE(read_answer(reply(target4, 80, syn_ack, 0), target4, self));
}
TEST(Answer, WhatProvesNothingIsNone) {
  EXPECT_FALSE(read_answer(reply(target4, 80, syn_ack, 2), target4, self)) << "a wrong number";
  EXPECT_FALSE(read_answer(reply(target4, 80, rst_ack, 2), target4, self));
  EXPECT_FALSE(read_answer(reply(target4, 80, rst), target4, self)) << "an RST that acknowledges nothing";
  EXPECT_FALSE(read_answer(reply(target4, 80, ack), target4, self));
  EXPECT_FALSE(read_answer(reply(target4, 80, 0x02), target4, self));
  EXPECT_FALSE(read_answer(reply(target4, 80, syn_ack), target6, self)) << "from another address";
  EXPECT_FALSE(read_answer(reply(target4, 80, syn_ack), target4, {{1, 2}, 0xbeee})) << "for another port of ours";
  const Packet cut = reply(target4, 80, syn_ack);
  EXPECT_FALSE(read_answer(std::span(cut).first(19), target4, self));
  EXPECT_FALSE(read_answer({}, target4, self));
}
TEST(Answer, AResetCarriesWhatWasAcknowledged) {
  Packet p(reset_size);
  write_reset(std::span(p).first<reset_size>(), self, 80, 0x01020304);
  EXPECT_EQ(Packet(p.begin(), p.begin() + 8), (Packet{0xbe, 0xef, 0, 80, 1, 2, 3, 4}));
  EXPECT_EQ(p[12], 0x50);
  EXPECT_EQ(p[13], 0x04);
}

Packet error4(uint8_t type, uint8_t code, const Packet& segment, size_t quoted = 8) {
  Packet p(8 + 20, 0);
  p[0] = type;
  p[1] = code;
  net::write_ip4_header(std::span(p).subspan<8, 20>(), own4, target4, 6, segment.size(), 1);
  p.insert(p.end(), segment.begin(), segment.begin() + static_cast<std::ptrdiff_t>(quoted));
  return p;
}

TEST(Error, IsLaidToThePortThatItQuotes) {
  const auto e = read_error(true, error4(3, 13, syn(target4, 445)), self);
  ASSERT_TRUE(e);
  EXPECT_EQ(e->to, target4);
  EXPECT_EQ(e->port, 445);
  EXPECT_EQ(e->type, 3);
  EXPECT_EQ(e->code, 13);
}
TEST(Error, ForbiddenIsFinalAndUnreachableMayPass) {
  for (const uint8_t code : Packet{2, 3, 9, 10, 13})
    EXPECT_TRUE(read_error(true, error4(3, code, syn(target4, 1)), self)->final);
  for (const uint8_t code : Packet{0, 1, 5})
    EXPECT_FALSE(read_error(true, error4(3, code, syn(target4, 1)), self)->final);
  EXPECT_FALSE(read_error(true, error4(11, 0, syn(target4, 1)), self)->final);
}
TEST(Error, AdviceIsNone) {
  EXPECT_FALSE(read_error(true, error4(3, 4, syn(target4, 1)), self)) << "fragmentation needed";
  EXPECT_FALSE(read_error(true, error4(4, 0, syn(target4, 1)), self)) << "source quench";
  EXPECT_FALSE(read_error(true, error4(5, 1, syn(target4, 1)), self)) << "redirect";
}
TEST(Error, AForgedQuotationIsNone) {
  Packet forged = syn(target4, 80);
  forged[7] ^= 1;  // the sequence
  EXPECT_FALSE(read_error(true, error4(3, 3, forged), self));
  EXPECT_FALSE(read_error(true, error4(3, 3, syn(target6, 80)), self)) << "a SYN to somebody else";
  EXPECT_FALSE(read_error(true, error4(3, 3, syn(target4, 80), 7), self)) << "too short to prove anything";
}
TEST(Error, Ipv6) {
  Packet p(8 + 40, 0);
  p[0] = 1;
  p[1] = 1;
  p[8] = 0x60;
  p[8 + 6] = 6;
  std::copy(own6.begin(), own6.end(), p.begin() + 16);
  std::copy(target6.begin(), target6.end(), p.begin() + 32);
  const Packet segment = syn(target6, 22);
  p.insert(p.end(), segment.begin(), segment.end());
  const auto e = read_error(false, p, self);
  ASSERT_TRUE(e);
  EXPECT_EQ(e->to, target6);
  EXPECT_EQ(e->port, 22);
  EXPECT_TRUE(e->final);
  p[1] = 3;  // address unreachable
  EXPECT_FALSE(read_error(false, p, self)->final);
  p[0] = 2;  // packet too big
  EXPECT_FALSE(read_error(false, p, self));
}

}  // namespace
}  // namespace sonde::tcp_syn
