#![allow(warnings, clippy::all)]
#[path = "../../../functions/waveform/src/peaks.rs"] mod peaks;
use media::*; use std::{fs::File, io::*, time::Instant};
fn run(name: &str, bytes: Vec<u8>) { let t=Instant::now(); let r=(|| { let mut d=Decoder::open(Box::new(Cursor::new(bytes)))?; let mut n=0u64; let mut pk=0u16; while let Some(b)=d.next_block()? { n+=b.frames() as u64; for p in b.planes() { for s in p { pk=pk.max(s.unsigned_abs()) } } } Ok::<_,Error>((d.facts(),n,pk)) })(); println!("{name}: {r:?} {:?}",t.elapsed()); }
fn rnd(n: usize, mut x: u64) -> Vec<u8> { (0..n).map(|_| { x^=x<<13; x^=x>>7; x^=x<<17; x as u8 }).collect() }
struct Eof(Cursor<Vec<u8>>, u64, ErrorKind, bool);
impl Read for Eof { fn read(&mut self,b:&mut [u8])->Result2<usize>{ if self.0.position()>=self.1 && !self.3 { if self.2==ErrorKind::Interrupted {self.3=true;} return Err(self.2.into()) } let n=b.len().min(1000); self.0.read(&mut b[..n]) } }
type Result2<T>=std::io::Result<T>;
impl Seek for Eof { fn seek(&mut self,s:SeekFrom)->Result2<u64>{ self.0.seek(s) } }
impl Source for Eof { fn size(&self)->Option<u64>{ self.0.size() } }
fn main() {
  let a: Vec<String>=std::env::args().collect();
  match a[1].as_str() {
   "peaks" => { let mut d=Decoder::open(Box::new(File::open(&a[2]).unwrap())).unwrap(); let mut c=peaks::Collector::default(); while let Some(b)=d.next_block().unwrap(){ c.push(b.planes()); } let p=c.finish(); eprintln!("{:?} px={}",d.facts(),p.pairs.len()); }
   "dec" => { let mut d=Decoder::open(Box::new(File::open(&a[2]).unwrap())).unwrap(); while let Some(b)=d.next_block().unwrap(){ std::hint::black_box(b.planes()); } }
   "read" => { let mut f=File::open(&a[2]).unwrap(); let mut b=vec![0;262144]; while f.read(&mut b).unwrap()>0 {} }
   "resample" => { let mut d=Decoder::open(Box::new(File::open(&a[2]).unwrap())).unwrap(); let mut r=resample::Resampler::new(44100); let mut o=vec![]; while let Some(b)=d.next_block().unwrap(){ o.clear(); r.push(b.planes()[0].iter().copied(),&mut o);} }
   "files" => for p in &a[2..] { run(p, std::fs::read(p).unwrap()); },
   "tones" => for rate in [22050u32,32000,44100,48000,96000] { print!("{rate}:"); for hz in [7000.,7500.,8100.,8300.,8500.,8700.,9000.,9500.,10000.] { if hz*2.<rate as f64 { let t:Vec<i16>=(0..rate).map(|n| ((n as f64*hz*6.283185307179586/rate as f64).sin()*20000.) as i16).collect(); let mut r=resample::Resampler::new(rate); let mut o=vec![]; r.push(t.into_iter(),&mut o); r.finish(&mut o); let m=&o[4000..12000]; let p=(m.iter().map(|s|(*s as f64).powi(2)).sum::<f64>()/8000.).sqrt(); print!(" {hz}={:.1}dB",20.*(p/14142.).log10()); } } println!(); },
   "speech" => { let res=std::panic::catch_unwind(|| { let mut s=speech::Segmenter::default(); let mut v:Vec<i16>=vec![]; let fr=|l:i16,v:&mut Vec<i16>| for i in 0..320 { v.push(if i%2==0 {l} else {-l}) };
      for i in 0..1488 { fr(3000,&mut v) } for i in 0..12 { fr(50-i,&mut v) } for _ in 0..200 { fr(30,&mut v) } let mut out=vec![]; s.push(&v,|p| out.push((p.start,p.samples.len()))); s.finish(|p| out.push((p.start,p.samples.len()))); out }); println!("speech {res:?}"); }
   "bad" => {
     run("id3+random 1MB",[&b"ID3\x04\0\0\0\0\0\x10"[..],&[0;16],&rnd(1_000_000,88172645463325252)].concat());
     run("id3+text",[&b"ID3\x04\0\0\0\0\0\x10"[..],&[0;16],"some text, not audio\n".repeat(9000).as_bytes()].concat());
     for i in 0..6u64 { run(&format!("random 4MB {i}"),rnd(4_000_000,0x9E3779B97F4A7C15^(i*7919+1))); }
     run("rf64",[&b"RF64\xff\xff\xff\xffWAVEds64"[..],&[0;60]].concat());
     run("adts",[&b"\xff\xf1\x50\x80\x2e\x7f\xfc"[..],&[0x21;360]].concat().repeat(20));
     run("mp2",[&b"\xff\xfd\x84\x00"[..],&[0x21;414]].concat().repeat(20));
     run("zeros 1MB",vec![0;1_000_000]);
     let wav=std::fs::read(&a[2]).unwrap();
     for k in [ErrorKind::UnexpectedEof,ErrorKind::Interrupted,ErrorKind::InvalidInput,ErrorKind::TimedOut] { for f in &a[2..] { let b=std::fs::read(f).unwrap(); for at in [5000u64,b.len() as u64/2] { let r=(|| { let mut d=Decoder::open(Box::new(Eof(Cursor::new(b.clone()),at,k,false)))?; while let Some(_)=d.next_block()? {} Ok::<_,Error>(d.facts()) })(); println!("{f} source {k:?} at {at}: {r:?}"); } } }
   }
   _=>{} } }
